import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { stderr, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { faultStatus } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { after } from '../../base/timer.ts';
import { isTerminal } from '../../kernel/is-terminal.ts';
import type { Screen } from '../progress/screen.ts';
import { initVolume } from './init-volume.ts';
import type { NativeJob } from './native-job.ts';

/** How the job and its reporting ended. */
export interface NativeEnd {
  /** The job's exit code; 64 where the job succeeded and its reporting did not. */
  readonly status: number;
  /** The reporter has delivered everything, or there is none. */
  readonly delivered: boolean;
}

type Role = ReturnType<typeof startRole>;

/**
 * Runs `init`, then `run` and `wait` beside each other, as a pod does. They have sessions of their own, so Ctrl-C reaches
 * the launcher alone: the launcher stops the job, and the reporter can still report.
 *
 * @throws Fault `volume` or `inputs` when `init` fails; Interrupted by a signal before the job's start
 */
export async function runRoles(job: NativeJob): Promise<NativeEnd> {
  const { root, screen } = job;
  await initVolume(job);
  job.onInstalled();
  const times = [
    ...(job.timeoutSeconds === null ? [] : ['--timeout', job.timeoutSeconds]),
    ...(job.graceSeconds === null ? [] : ['--grace', job.graceSeconds]),
  ];
  const run = startRole(
    job,
    ['run', '--root', root, '--name', 'main', ...times, '--', ...job.command],
    job.jobEnvironment,
  );
  const wait =
    job.reporterEnvironment === null
      ? null
      : startRole(job, ['wait', '--root', root, ...times], job.reporterEnvironment);
  obeyInterrupts(job, run, wait);
  const forwarded = [
    forward(run.stdout, (piece) => screen.forward(stdout, piece)),
    forward(run.stderr, (piece) => screen.forward(stderr, piece)),
    ...(wait === null ? [] : [noteLines(wait.stdout, screen), noteLines(wait.stderr, screen)]),
  ];
  const status = statusOf(await run);
  if (wait === null) {
    await Promise.all(forwarded);
    // A wrapper that was killed leaves a job that may live, and its volume.
    return { status, delivered: existsSync(join(root, 'ctr', 'main', 'exitcode')) };
  }
  // Without a seal the reporter has to find out for itself that the wrapper is gone. It must not wait for ever.
  const seal = join(root, 'ctr', 'main', 'exitcode');
  const giveUp = existsSync(seal) ? null : after(limits.unsealedMs, () => wait.kill('SIGTERM'));
  const delivered = statusOf(await wait) === 0;
  giveUp?.cancel();
  await Promise.all(forwarded);
  return { status: status === 0 && !delivered ? faultStatus.delivery : status, delivered };
}

function startRole(job: NativeJob, args: readonly string[], env: Readonly<Record<string, string>>) {
  // A job with the terminal at its input would get a terminal of its own, and every key: Ctrl-C is the launcher's.
  const stdin = args[0] === 'run' && !isTerminal(0) ? 'inherit' : 'ignore';
  return execa(job.program, args, {
    env,
    extendEnv: false,
    stdin,
    detached: true,
    buffer: false,
    reject: false,
    // The reporter has its own time after TERM.
    forceKillAfterDelay: false,
  });
}

function obeyInterrupts(
  { program, root, screen, interrupts }: NativeJob,
  run: Role,
  wait: Role | null,
): void {
  const request = (signal: string) =>
    execa(program, ['signal', 'main', signal, '--root', root], {
      env: {},
      extendEnv: false,
      reject: false,
      detached: true,
    }).then((ended) => ended.exitCode !== 0 && screen.note(ended.stderr || (ended.shortMessage ?? '')));
  interrupts.listen((wish, signal) => {
    const over = run.exitCode !== null || run.signalCode !== null;
    if (wish === 'give up' || (over && wish === 'kill')) {
      screen.note('Exiting without the report.');
      run.kill('SIGKILL');
      wait?.kill('SIGKILL');
    } else if (over) {
      screen.note('The job has exited; its report is being stored. Interrupt again to exit without it.');
    } else if (wish === 'kill') {
      screen.note('Killing the job.');
      void request('KILL');
    } else {
      screen.note(`Stopping the job (SIG${signal}). Interrupt again to kill it.`);
      void request(signal);
    }
  });
}

async function forward(from: Readable, to: (piece: Buffer) => Promise<void> | void): Promise<void> {
  for await (const piece of from) await to(piece as Buffer);
}

async function noteLines(from: Readable, screen: Screen): Promise<void> {
  for await (const line of createInterface({ input: from })) screen.note(line);
}

/** The status of a process, as a shell gives it. */
function statusOf({ exitCode, signal }: Awaited<Role>): number {
  if (exitCode !== undefined) return exitCode;
  return 128 + (signal === undefined ? 0 : ((constants.signals as Record<string, number>)[signal] ?? 0));
}
