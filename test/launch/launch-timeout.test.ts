import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { launcherOf } from '../helpers/launcher.ts';
import { engineNames, type Launcher } from '../helpers/launcher-parts.ts';

for (const name of engineNames) {
  test(`${name}: a job that ignores TERM is over with all its children when its launcher ends`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const seconds = `1000.${process.pid}`;
    const script = `trap '' TERM; (sleep ${seconds} & setsid sleep ${seconds} & sleep ${seconds}); sleep ${seconds}`;
    const options = ['--job-id', '41', '--report', 'none', '--timeout', '1', '--grace', '0.5'];
    const { status, stdout, stderr } = await launcher.script(script, { options });
    assert.deepEqual([status, stdout.toString()], [137, '']);
    assert.match(stderr, /^emissary: Timed out: [^\n]*\n$/);
    assert.deepEqual(running(seconds), []);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
    assert.equal(endOf(launcher).verdict, 'timedOut');
  });

  test(`${name}: a job that exits by itself about when its time is over: its code, or the timeout’s`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    for (const exitAfter of ['0.97', '0.99', '1', '1.01']) {
      const options = ['--job-id', '42', '--report', 'none', '--timeout', '1', '--grace', '5'];
      const { status, stderr } = await launcher.script(`sleep ${exitAfter}; exit 5`, { options });
      const { verdict } = endOf(launcher, 42);
      // Its own code after the request to stop, too: the shell was leaving when that came.
      const possible = ['5 failed', '5 timedOut', '143 timedOut'];
      assert.ok(possible.includes(`${status} ${verdict}`), `${status} ${verdict} ${stderr}`);
      assert.equal(/^emissary: Timed out: /m.test(stderr), verdict === 'timedOut', stderr);
    }
    const options = ['--job-id', '42', '--report', 'none', '--timeout', '0.5', '--grace', '60'];
    const script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done";
    const { status, stdout } = await launcher.script(script, { options });
    assert.deepEqual([status, stdout.toString(), endOf(launcher, 42).verdict], [5, 'ready\n', 'timedOut']);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });
}

function endOf({ state }: Launcher, id = 41): { readonly verdict: string } {
  return JSON.parse(readFileSync(join(state, `ended/job-${id}.json`), 'utf8'));
}

/** The processes of this machine, in containers too, with this word on their command line. */
function running(word: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return words.includes(word);
    } catch {
      return false; // It is no process, or has ended.
    }
  });
}
