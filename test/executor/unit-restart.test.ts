import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Running, startEmissary } from '../helpers/emissary.ts';
import { fixture } from '../helpers/fixture.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Launcher } from '../helpers/launcher-parts.ts';
import { builtLaunch, type ExecutorJob, executorJob } from '../helpers/php-executor.ts';
import { linesIn } from '../helpers/reported-job.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const dropIn = resolve(import.meta.dirname, '../../build/debian/files/emissary.conf');

test('a restart of the daemon’s unit with our drop-in: each job gets its stop signal and its grace', async (t) => {
  const podman = await launcherOf(t, 'podman');
  if (podman === null || !requireProgram(t, 'php')) return;
  assert.match(readFileSync(dropIn, 'utf8'), /^KillMode=control-group$/m);
  const jobs = [
    native(t, fixture('tells-on-term.sh')),
    native(t, fixture('ignores-term.sh'), { EMISSARY_GRACE_SECONDS: '1' }),
    contained(t, podman, "trap 'echo stopped; exit 4' TERM; echo ready; while :; do sleep 0.1; done"),
  ];
  const daemon = await startDaemon(t, jobs);
  const processes = treeOf(daemon.pid);
  // As systemd does: to everything, and once more when the main process has exited.
  terminate(processes);
  await until('the daemon has exited', () => daemon.process.exitCode === 0);
  terminate(processes);
  await until('all of them have exited', () => !processes.some(isRunning));
  assert.deepEqual(
    jobs.map(({ job }) => job.row().exitcode),
    [3, 137, 4],
  );
  const [told, , stopped] = jobs.map(({ job }) =>
    // A shell may tell on standard error that its child was terminated.
    linesIn(job.lines().filter(({ type }) => type === 'stdout')),
  );
  assert.deepEqual([told?.length, told?.at(-1)], [11, 'line 10\n']);
  assert.deepEqual(stopped, ['ready\n', 'stopped\n']);
  for (const { env } of jobs) assert.deepEqual(left(env), []);
});

test('a restart of the daemon’s unit with KillMode=process: jobs run on, and each completes its row', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const script = releasable(t);
  const jobs = [native(t, script), native(t, script)];
  const daemon = await startDaemon(t, jobs);
  daemon.kill('SIGTERM');
  await until('the daemon has exited', () => daemon.process.exitCode === 0);
  const later = native(t, fixture('exits-3-on-term.sh'));
  const next = await startDaemon(t, [later]);
  assert.deepEqual(
    jobs.map(({ job }) => job.row().exitcode),
    [null, null],
  );
  writeFileSync(`${script}.go`, '');
  await until('both have ended', () => jobs.every(({ job }) => job.row().exitcode === 5));
  for (const { job } of jobs) assert.deepEqual(linesIn(job.lines()), ['ready\n', 'released\n']);
  // What the next daemon runs is none of theirs.
  assert.equal(later.job.row().exitcode, null);
  const processes = treeOf(next.pid);
  terminate(processes);
  await until('it has exited', () => !processes.some(isRunning));
  assert.deepEqual([later.job.row().exitcode, left(later.env)], [3, []]);
});

test('a restart of the daemon’s unit with KillMode=mixed: no job gets its stop signal, and rows stay open', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const job = native(t, fixture('tells-on-term.sh'));
  const daemon = await startDaemon(t, [job]);
  const processes = treeOf(daemon.pid);
  daemon.kill('SIGTERM');
  await until('the daemon has exited', () => daemon.process.exitCode === 0);
  for (const pid of processes) signal(pid, 'SIGKILL');
  await until('all of them have exited', () => !processes.some(isRunning));
  assert.deepEqual([job.job.row().exitcode, linesIn(job.job.lines())], [null, ['ready\n']]);
});

function native(t: TestContext, executable: string, env: Readonly<Record<string, string>> = {}): ExecutorJob {
  return executorJob(t, { application: { executable }, env: { ...builtLaunch(t), ...env } });
}

function contained(t: TestContext, { env, options }: Launcher, script: string): ExecutorJob {
  return executorJob(t, {
    executor: 'EmissaryPodman',
    application: {
      executable: 'sh',
      cmdparams: `-c "${script}"`,
      ociimage: options[options.indexOf('--image') + 1],
    },
    env: { ...env, ...builtLaunch(t), EMISSARY_NETWORK: 'none', EMISSARY_PULL: 'never' },
  });
}

/** Starts a stand-in for MultiFlexi's daemon with these jobs, and waits until all of them run. */
async function startDaemon(t: TestContext, jobs: readonly ExecutorJob[]): Promise<Running> {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const commands = jobs.map(({ command, env }) =>
    ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...command]
      .map(quoted)
      .join(' '),
  );
  const daemon = startEmissary(t, commands, { program: fixture('daemon.sh') });
  for (const { job } of jobs) await until('the job is ready', () => linesIn(job.lines()).includes('ready\n'));
  return daemon;
}

/** A job that ends when a file appears. */
function releasable(t: TestContext): string {
  const script = join(temporaryVolume(t), 'job.sh');
  const text = '#!/bin/sh\necho ready\nwhile [ ! -e "$0.go" ]; do sleep 0.05; done\necho released\nexit 5\n';
  writeFileSync(script, text);
  chmodSync(script, 0o755);
  return script;
}

function left(env: Readonly<Record<string, string>>): readonly string[] {
  return readdirSync(join(env['EMISSARY_STATE_DIR'] ?? '', 'jobs'));
}

function terminate(processes: readonly number[]): void {
  for (const pid of processes) signal(pid, 'SIGTERM');
}

/** Some have exited meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Nothing is left to stop.
  }
}

function treeOf(pid: number): readonly number[] {
  return [pid, ...children(pid).flatMap(treeOf)];
}

function children(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return []; // It has just exited.
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // It is gone.
  }
}
