import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { JobDatabase } from './database.ts';
import type { JobKind } from './job-kinds.ts';
import { type JobResult, readResult } from './read-result.ts';
import type { SignalForwarder } from './signal-forwarder.ts';
import type { Workspace } from './workspace.ts';

/** How the job and its reporting ended. */
export interface Ended {
  /** The job's exit code; 64 where the job succeeded and its reporting did not. */
  readonly status: number;
  /** Everything is in the database. */
  readonly delivered: boolean;
  /** False where it was stopped before that: there is nothing to keep. */
  readonly started: boolean;
  /** Null where the wrapper did not get as far. */
  readonly result: JobResult | null;
}

/** Runs the job by `launch`, which has the terminal and its keys. */
export async function launchJob(of: {
  /** The program outside of pods. */
  readonly program: string;
  readonly workspace: Workspace;
  readonly kind: JobKind;
  /** More options of `launch`: the engine. */
  readonly options: readonly string[];
  readonly jobId: number;
  readonly database: JobDatabase;
  readonly signals: SignalForwarder;
}): Promise<Ended> {
  const { program, workspace, kind, options, jobId, database, signals } = of;
  const variables = join(workspace.directory, 'variables.json');
  await writeFile(variables, JSON.stringify(kind.variables));
  const template = join(workspace.directory, 'template.json');
  if (kind.template !== null) await writeFile(template, JSON.stringify(kind.template));
  const args = [
    ...['launch', '--state', join(workspace.directory, 'state'), '--root', workspace.root],
    ...['--job-id', String(jobId), '--variables', variables, ...options],
    ...(kind.template === null ? [] : ['--template', template]),
    ...kind.operands,
  ];
  const launched = execa(program, args, {
    env: { ...kind.variables, MULTIFLEXI_DATABASE_URL: database.url },
    stdio: 'inherit',
    reject: false,
    // A job, and its report, may take their time after TERM.
    forceKillAfterDelay: false,
  });
  signals.forwardTo((signal) => void launched.kill(signal));
  const ended = await launched;
  const exitCode = ended.exitCode ?? 128 + (constants.signals[ended.signal ?? 'SIGKILL'] ?? 0);
  const result = readResult(workspace.root);
  const isOfJob = exitCode !== 64 || result?.exitCode === 64;
  const started = existsSync(join(workspace.root, 'ctr/main/started')) || result !== null;
  return { status: exitCode, started, delivered: isOfJob && database.stored(jobId).end !== null, result };
}
