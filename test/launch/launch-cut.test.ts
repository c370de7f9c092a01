import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Asked, engineFront } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { until } from '../helpers/until.ts';

/** Begins an answer, and ends the connection within it. */
function cutOff({ response }: Asked): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
  response.write('{"Id":"', () => response.destroy());
}

for (const name of ['docker', 'podman'] as const) {
  test(`${name}: questions whose answers are cut off are asked again`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const cut = new Set<string>();
    const front = await engineFront(t, launcher.engine, (asked) => {
      if (asked.method !== 'GET' || asked.path === '/_ping' || cut.has(asked.path)) return asked.pass();
      cut.add(asked.path);
      return cutOff(asked);
    });
    const { status, stdout, stderr } = await launcher.script('echo done; exit 4', { env: front.env });
    assert.deepEqual([status, stdout.toString(), stderr], [4, 'done\n', '']);
    assert.ok(cut.size > 0);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  for (const [what, path] of [
    ['create', /^\/containers\/create/],
    ['start', /^\/containers\/[^/]+\/start/],
    ['inspect', /^\/images\/.*\/json/],
  ] as const)
    test(`${name}: answers to ${what} that are always cut off end the launch with one sentence`, async (t) => {
      const launcher = await launcherOf(t, name);
      if (launcher === null) return;
      const front = await engineFront(t, launcher.engine, (asked) =>
        path.test(asked.path) ? cutOff(asked) : asked.pass(),
      );
      const { status, stdout, stderr } = await launcher.script('echo never', { env: front.env });
      assert.deepEqual([status, stdout.toString()], [64, ''], stderr);
      assert.match(stderr, /^emissary: (Docker|Podman) \S+ cannot [^\n]*: its answer was cut off\n$/);
      assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
    });

  test(`${name}: a start that is not answered ends at --start-timeout, and nothing starts later`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const held: Asked[] = [];
    const front = await engineFront(t, launcher.engine, (asked) =>
      /^\/containers\/[^/]+\/start/.test(asked.path) ? held.push(asked) : asked.pass(),
    );
    const options = ['--start-timeout', '2'];
    const { status, stdout, stderr } = await launcher.script('echo never', { options, env: front.env });
    assert.deepEqual([status, stdout.toString()], [64, ''], stderr);
    assert.match(stderr, /^emissary: The job did not start within 2 s: still starting the container\n$/);
    assert.equal(held.length, 1);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: a start that is not answered, of a container that cannot be removed, stays known`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const front = await engineFront(t, launcher.engine, (asked) => {
      if (/^\/containers\/[^/]+\/start/.test(asked.path)) return undefined;
      return asked.method === 'DELETE' ? asked.answer(500, { message: 'too busy' }) : asked.pass();
    });
    const options = ['--start-timeout', '2', '--job-id', '31'];
    const { status, stderr } = await launcher.script('echo never', { options, env: front.env });
    assert.equal(status, 64, stderr);
    assert.match(stderr, /too busy/);
    assert.deepEqual(readdirSync(join(launcher.state, 'jobs')), ['job-31']);
    const cleaned = await launcher.verb(['list', '--clean']);
    assert.equal(cleaned.status, 0, cleaned.stderr);
    await until('all is removed', async () => (await launcher.containers()).length === 0);
    assert.deepEqual(launcher.left(), []);
  });
}
