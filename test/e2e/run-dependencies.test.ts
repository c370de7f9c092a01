import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fixture } from '../helpers/fixture.ts';
import { keptBy, runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const chain = {
  containerSet: {
    containers: [
      { name: 'first' },
      { name: 'second', dependencies: ['first'] },
      { name: 'third', dependencies: ['first', 'second'] },
    ],
  },
};

test('run starts a container after its dependencies', async (t) => {
  const root = volume(t, chain);
  const third = startJob(t, ['echo', 'third'], { root, name: 'third' });
  const second = startJob(t, ['echo', 'second'], { root, name: 'second' });
  const first = startJob(t, ['echo', 'first'], { root, name: 'first' });
  for (const { finished } of [first, second, third]) assert.equal((await finished).status, 0);
  const times = [first, second, third].flatMap(({ kept }) => {
    const { startedAt, finishedAt } = kept.result();
    return [startedAt, finishedAt];
  });
  assert.deepEqual(times, [...times].sort());
});

test('run skips a container whose dependency failed, with that exit code, down the whole chain', async (t) => {
  const root = volume(t, chain);
  const second = startJob(t, ['echo', 'second'], { root, name: 'second' });
  const third = startJob(t, ['echo', 'third'], { root, name: 'third' });
  await runJob(t, [fixture('exits.sh'), '42'], { root, name: 'first' });
  for (const [job, name] of [
    [second, 'second'],
    [third, 'third'],
  ] as const) {
    const { status, stdout } = await job.finished;
    assert.deepEqual([status, stdout.toString(), job.kept.text('exitcode')], [42, '', '42'], name);
    const { verdict, origin, pid, attempts, message } = job.kept.result();
    assert.deepEqual([verdict, origin, pid, attempts], ['skipped', 'emissary', null, []]);
    assert.match(
      message ?? '',
      /^Not started: its dependency, container (first|second), exited with code 42$/,
    );
  }
});

for (const [what, put] of Object.entries({
  file: (path: string) => writeFileSync(path, ''),
  'dangling link': (path: string) => symlinkSync('/nowhere', path),
})) {
  test(`run replaces a ${what} in place of a container's directory and delays neither it nor its dependents`, async (t) => {
    const root = volume(t, chain);
    mkdirSync(join(root, 'ctr'));
    put(join(root, 'ctr/first'));
    const second = startJob(t, ['echo', 'second'], { root, name: 'second' });
    await until('it is waited for', () => lstatSync(join(root, 'ctr/first')).isDirectory());
    const first = await runJob(t, ['echo', 'first'], { root, name: 'first' });
    assert.deepEqual([first.status, first.kept.text('exitcode')], [0, '0'], first.stderr);
    const { status, stdout } = await second.finished;
    assert.deepEqual([status, stdout.toString()], [0, 'second\n']);
  });
}

test('run detects the end of a dependency whose directory was replaced before the wait', async (t) => {
  const root = volume(t, chain);
  const second = startJob(t, ['echo', 'second'], { root, name: 'second' });
  await until('it is waited for', () => existsSync(join(root, 'ctr/first')));
  await watched(second.pid);
  renameSync(join(root, 'ctr/first'), join(root, 'ctr/other'));
  await runJob(t, ['echo', 'first'], { root, name: 'first' });
  assert.equal((await second.finished).status, 0);
});

/** Waits until a process watches files, which means that it has an inotify instance (inotify(7)). */
async function watched(pid: number): Promise<void> {
  await until('the emissary watches', () =>
    readdirSync(`/proc/${pid}/fdinfo`).some((name) =>
      /^inotify/m.test(readFileSync(`/proc/${pid}/fdinfo/${name}`, 'utf8')),
    ),
  );
}

test('run does not wait for a second dependency once one has failed', async (t) => {
  const root = volume(t, chain);
  sealed(root, 'second', '3');
  const { status, kept } = await runJob(t, ['echo'], { root, name: 'third' });
  assert.deepEqual([status, kept.result().verdict], [3, 'skipped']);
});

test('run skips a container with 137 if its dependency was killed', async (t) => {
  const root = volume(t, chain);
  const second = startJob(t, ['echo', 'second'], { root, name: 'second' });
  const first = await startReadyJob(t, ['sh', '-c', 'echo ready; sleep 60'], { root, name: 'first' });
  first.kill('SIGKILL');
  const third = startJob(t, ['echo', 'third'], { root, name: 'third' });
  const { status, kept } = { ...(await second.finished), kept: second.kept };
  assert.deepEqual([status, kept.text('exitcode'), kept.result().verdict], [137, '137', 'skipped']);
  const sentence = 'Not started: its dependency, container first, was killed and left no exit code';
  assert.equal(kept.result().message, sentence);
  assert.equal((await third.finished).status, 137);
  await first.finished;
});

test('run seals 127 for a missing command after a dependency succeeded', async (t) => {
  const root = volume(t, chain);
  sealed(root, 'first', '0');
  const { status, kept } = await runJob(t, ['no-such-command'], { root, name: 'second' });
  assert.deepEqual([status, kept.text('exitcode'), kept.result().verdict], [127, '127', 'failed']);
});

for (const text of ['', 'abc', '-1', '256', '0x0', '0'.repeat(1_000_000)]) {
  test(`run accepts only a valid seal as a dependency's end: ${JSON.stringify(text.slice(0, 9))}`, async (t) => {
    const root = volume(t, chain);
    sealed(root, 'first', text);
    const job = startJob(t, ['echo', 'second'], { root, name: 'second' });
    // It has checked once it handles requests: the signal stops it before its job starts.
    await until('it waits', () => job.kept.has('alive'));
    job.kill('SIGTERM');
    assert.deepEqual([(await job.finished).status, job.kept.result().verdict], [143, 'terminated']);
  });
}

test('run detects a seal that is written in place', async (t) => {
  const root = volume(t, chain);
  const job = startJob(t, ['echo', 'second'], { root, name: 'second' });
  await until('it waits', () => keptBy(root, 'first').has('.'));
  sealed(root, 'first', '0');
  assert.equal((await job.finished).stdout.toString(), 'second\n');
});

test('run warns of a container that is missing in the containerSet, unless it is a user sidecar', async (t) => {
  const root = volume(t, {
    containerSet: { containers: [{ name: 'fetch' }] },
    sidecars: [{ name: 'proxy' }],
  });
  const { status, stderr } = await runJob(t, ['sh', '-c', 'exit 3'], { root, name: 'fech' });
  const said =
    "emissary: The template's containerSet has no container fech, only fetch: it is run but not reported\n";
  assert.deepEqual([status, stderr], [3, said]);
  for (const name of ['fetch', 'proxy'])
    assert.equal((await runJob(t, ['true'], { root, name })).stderr, '', name);
});

test('run removes the files of an earlier run of its container', async (t) => {
  const root = volume(t, {});
  await runJob(t, ['sh', '-c', 'echo old; exit 9'], { root, options: ['--combined'] });
  const job = startJob(t, [fixture('waits.sh')], { root });
  // It is kept and forwarded at the same time.
  await until('the job is ready', () => job.kept.text('stdout') === 'ready\n');
  assert.deepEqual(
    ['exitcode', 'result.json'].map((file) => job.kept.has(file)),
    [false, false],
  );
});

test('run rejects a container that another run already executes', async (t) => {
  const job = startJob(t, [fixture('waits.sh')], { root: volume(t, {}) });
  await until('the job is ready', () => job.stdout().includes('ready\n'));
  const { root } = job.kept;
  const second = await runJob(t, ['echo', 'twice'], { root });
  const message = `emissary: Cannot run container main: another emissary runs it in ${root}/ctr/main\n`;
  assert.deepEqual([second.status, second.stdout.toString(), second.stderr], [64, '', message]);
  assert.equal(job.kept.has('exitcode'), false);
  job.kill('SIGTERM');
  assert.deepEqual([(await job.finished).status, job.kept.text('stdout')], [143, 'ready\n']);
});

test('run stops a user sidecar once every main container is sealed', async (t) => {
  const root = volume(t, {
    containerSet: { containers: [{ name: 'one' }, { name: 'two' }] },
    sidecars: [{ name: 'proxy' }],
  });
  const sidecar = startJob(t, [fixture('exits-3-on-term.sh')], { root, name: 'proxy' });
  await until('the sidecar is ready', () => sidecar.stdout().includes('ready\n'));
  await runJob(t, ['false'], { root, name: 'one' });
  assert.equal(sidecar.kept.has('exitcode'), false);
  await runJob(t, ['true'], { root, name: 'two' });
  const { status, stdout } = await sidecar.finished;
  assert.deepEqual([status, stdout.toString()], [3, 'ready\nstopping\n']);
  const { verdict, message } = sidecar.kept.result();
  assert.deepEqual(
    [verdict, message],
    ['terminated', 'The job exited with code 3, after the main containers had exited'],
  );
});

test('run stops a user sidecar whose main container was killed', async (t) => {
  const root = volume(t, { sidecars: [{ name: 'proxy' }] });
  const sidecar = startJob(t, [fixture('exits-3-on-term.sh')], { root, name: 'proxy' });
  const main = await startReadyJob(t, ['sh', '-c', 'echo ready; sleep 60'], { root });
  main.kill('SIGKILL');
  assert.equal((await sidecar.finished).status, 3);
  await main.finished;
});

test('run kills a user sidecar that ignores TERM after the grace', async (t) => {
  const root = volume(t, { sidecars: [{ name: 'proxy' }] });
  const options = ['--grace', '0.1'];
  const sidecar = startJob(t, [fixture('ignores-term.sh')], { root, name: 'proxy', options });
  await until('the sidecar is ready', () => sidecar.stdout().includes('ready\n'));
  await runJob(t, ['true'], { root });
  assert.equal((await sidecar.finished).status, 137);
});

for (const [how, command] of [
  ['dies from the stop signal', [fixture('waits.sh')]],
  ['exits 143 on the stop signal', ['sh', '-c', 'trap "exit 143" TERM; while :; do sleep 0.05; done']],
] as const) {
  test(`run exits 0 for a user sidecar that starts after the main containers exited and ${how}`, async (t) => {
    const root = volume(t, { sidecars: [{ name: 'proxy' }] });
    sealed(root, 'main', '0');
    const { status, kept } = await runJob(t, command, { root, name: 'proxy' });
    // The record shows the signal.
    const { verdict, exitCode } = kept.result();
    assert.deepEqual([status, verdict, exitCode, kept.text('exitcode')], [0, 'terminated', 143, '143']);
  });
}

test('run exits 143 for a user sidecar that is stopped by a signal', async (t) => {
  const root = volume(t, { sidecars: [{ name: 'proxy' }] });
  const sidecar = startJob(t, [fixture('waits.sh')], { root, name: 'proxy' });
  await until('the sidecar is ready', () => sidecar.stdout().includes('ready\n'));
  sidecar.kill('SIGTERM');
  assert.equal((await sidecar.finished).status, 143);
});

function volume(t: TestContext, template: object): string {
  const root = temporaryVolume(t);
  writeFileSync(join(root, 'template'), JSON.stringify(template));
  return root;
}

function sealed(root: string, name: string, code: string): void {
  mkdirSync(join(root, 'ctr', name), { recursive: true });
  writeFileSync(join(root, 'ctr', name, 'exitcode'), code);
}
