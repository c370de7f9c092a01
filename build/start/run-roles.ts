import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { execa, type ResultPromise } from 'execa';
import type { Interrupts } from './interrupts.ts';
import type { JobKind } from './job-kinds.ts';
import type { Place } from './place.ts';
import { type JobResult, readResult } from './read-result.ts';
import type { Screen } from './screen.ts';
import { StartError } from './start-error.ts';

/** How long the sidecar has to see that the wrapper is gone without a seal, ms. */
const lostMs = 10_000;

/** A job with the terminal at its input would get a terminal of its own, and all keys: Ctrl-C is ours to obey. */
const stdin = isatty(0) ? 'ignore' : 'inherit';

/** Everything that the three roles are given. */
export interface Roles {
  /** The built file. */
  readonly program: string;
  readonly place: Place;
  readonly kind: JobKind;
  readonly jobId: number;
  readonly databaseUrl: string;
  readonly screen: Screen;
  readonly interrupts: Interrupts;
}

/** How the job and its reporting ended. */
export interface Ended {
  /** The job's exit code; 64 where the job went well and its reporting did not. */
  readonly status: number;
  /** The sidecar has delivered everything. */
  readonly delivered: boolean;
  /** Null where the wrapper did not get as far. */
  readonly result: JobResult | null;
}

type Role = ResultPromise<{ detached: true; buffer: false; reject: false }>;

/**
 * Runs `init`, then `run` and `wait` beside each other, as a pod does. Ctrl-C does not reach them by the terminal: they
 * are in sessions of their own, so that it is we who ask the job to stop and the sidecar can still report.
 *
 * @throws StartError when `init` fails
 */
export async function runRoles(roles: Roles): Promise<Ended> {
  const { program, place, kind, screen } = roles;
  const root = ['--root', place.root];
  const init = await execa(program, ['init', ...root], {
    env: { EMISSARY_TEMPLATE: JSON.stringify(kind.template) },
    stdout: 'ignore',
    reject: false,
  });
  if (init.exitCode !== 0) throw new StartError(`init failed: ${init.stderr}`);
  const run = startRole(roles, ['run', ...root, '--', ...kind.command], {
    ...kind.variables,
    MULTIFLEXI_DATABASE_URL: undefined,
  });
  const wait = startRole(roles, ['wait', ...root], { MULTIFLEXI_DATABASE_URL: roles.databaseUrl });
  obeyInterrupts(roles, run, wait);
  const passed = [
    pass(run.stdout, (piece) => screen.pass(process.stdout, piece)),
    pass(run.stderr, (piece) => screen.pass(process.stderr, piece)),
    pass(wait.stdout, (piece) => screen.note(piece.toString().trimEnd())),
    pass(wait.stderr, (piece) => screen.note(piece.toString().trimEnd())),
  ];
  const status = statusOf(await run);
  const seal = join(place.root, 'ctr', 'main', 'exitcode');
  // Without a seal the sidecar has to find out for itself that the wrapper is gone; it must not wait for ever.
  if (!existsSync(seal)) void endLater(wait);
  const delivered = statusOf(await wait) === 0;
  await Promise.all(passed);
  return { status: status === 0 && !delivered ? 64 : status, delivered, result: readResult(place.root) };
}

function startRole(roles: Roles, args: readonly string[], env: Record<string, string | undefined>): Role {
  return execa(roles.program, args, {
    env: { ...env, MULTIFLEXI_JOB_ID: String(roles.jobId) },
    stdin: args[0] === 'run' ? stdin : 'ignore',
    detached: true,
    buffer: false,
    reject: false,
  }) as Role;
}

function obeyInterrupts({ program, place, screen, interrupts }: Roles, run: Role, wait: Role): void {
  const request = (signal: string) =>
    execa(program, ['signal', 'main', signal, '--root', place.root], { reject: false, detached: true }).then(
      ({ exitCode, stderr }) => exitCode !== 0 && screen.note(stderr),
    );
  interrupts.listen((wish, signal) => {
    const over = run.exitCode !== null || run.signalCode !== null;
    if (wish === 'give up' || (over && wish === 'kill')) {
      screen.note('Leaving without the report.');
      run.kill('SIGKILL');
      wait.kill('SIGKILL');
    } else if (over) {
      screen.note('The job has ended; its report is being stored. Once more leaves without it.');
    } else if (wish === 'kill') {
      screen.note('Killing the job.');
      void request('KILL');
    } else {
      screen.note(`Asking the job to stop (SIG${signal}). Once more kills it.`);
      void request(signal);
    }
  });
}

async function pass(from: Readable, to: (piece: Buffer) => Promise<void> | void): Promise<void> {
  for await (const piece of from) await to(piece as Buffer);
}

async function endLater(wait: Role): Promise<void> {
  await pause(lostMs, undefined, { ref: false });
  wait.kill('SIGTERM');
}

/** The status of a process, as a shell gives it. */
function statusOf({
  exitCode,
  signal,
}: {
  exitCode?: number | undefined;
  signal?: string | undefined;
}): number {
  if (exitCode !== undefined) return exitCode;
  return 128 + (signal === undefined ? 0 : ((constants.signals as Record<string, number>)[signal] ?? 0));
}
