import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { emissary } from '../helpers/emissary.ts';
import { keptBy, runJob, startReadyJob } from '../helpers/job.ts';
import { program } from '../helpers/program.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { seeded } from '../helpers/seeded.ts';
import { terminal } from '../helpers/terminal.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const options = ['--pass-through'];

test('run --pass-through gives the job its own descriptors, and keeps nothing of what it writes', async (t) => {
  const root = temporaryVolume(t);
  const bytes = seeded(t).bytes(300_000);
  const script = 'cat; own=$(readlink /proc/$$/fd/1); echo "$own" >&2; exit 3';
  const args = [program, 'run', '--root', root, ...options, '--', 'sh', '-c', script];
  const into = ['-c', 'cd "$1" && shift && exec "$@" >out 2>err', 'sh', root];
  const { exitCode } = await execa('sh', [...into, ...args], { input: bytes, reject: false });
  assert.equal(exitCode, 3);
  assert.ok(readFileSync(join(root, 'out')).equals(bytes));
  assert.equal(readFileSync(join(root, 'err'), 'utf8'), `${join(root, 'out')}\n`);
  const kept = keptBy(root);
  const { exitCode: sealed, verdict, stdout } = kept.result();
  assert.deepEqual([kept.text('exitcode'), sealed, verdict], ['3', 3, 'failed']);
  assert.deepEqual(stdout, { bytes: 0, truncated: false });
  for (const file of ['stdout', 'stderr', 'timeline']) assert.equal(kept.text(file), '');
});

test('run --pass-through stops the job, and saves and reports as always', async (t) => {
  const job = reportedJob(t);
  const template = { outputs: { artifacts: [{ name: 'a', path: join(job.root, 'made') }] } };
  const script = `trap 'echo cleaned; echo x >${job.root}/made; exit 7' TERM; echo ready; while :; do sleep 0.05; done`;
  const running = await startReadyJob(t, ['sh', '-c', script], { root: job.root, options, template });
  running.kill('SIGTERM');
  const { status, stdout } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [7, 'ready\ncleaned\n']);
  const reported = await emissary(['wait'], job);
  assert.deepEqual([reported.status, job.row().exitcode, job.lines()], [0, 7, []], reported.stderr);
  assert.deepEqual(
    running.kept.result().outputs.artifacts.map(({ name }) => name),
    ['a'],
  );
});

test('run --pass-through on a terminal forwards what the job shows, and keeps none of it', async (t) => {
  const shown = terminal(t, ['sh', '-c', 'test -t 1 && echo on a terminal'], {
    prepare: 'export EMISSARY_PASS_THROUGH=true',
  });
  if (shown === null) return;
  assert.equal(await shown.status, 0);
  assert.match(shown.shown(), /on a terminal/);
  assert.equal(shown.kept.text('stdout'), '');
});

for (const other of ['--combined', '--capture-only'])
  test(`run refuses --pass-through with ${other}`, async (t) => {
    const { status, stderr } = await runJob(t, ['true'], { options: [...options, other] });
    assert.equal(status, 64);
    assert.equal(stderr, `emissary: --pass-through keeps no output: it excludes ${other}\n`);
  });
