import { closeSync, constants as constantsOfFiles, existsSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { limits } from '../../base/limits.ts';
import { readRegular } from '../../base/read-regular.ts';
import { pause } from '../../base/timer.ts';
import { lockFile } from '../../kernel/lock.ts';
import type { JobReport } from '../../observe/job-report.ts';

/** How the reporter ended. */
export interface ReporterEnd {
  /** Everything that can be known was delivered, even if some of it is in doubt. */
  readonly delivered: boolean;
  /** How the job ended; null where the reporter did not get as far. */
  readonly report: JobReport | null;
}

/** What a reporter is started with. */
export interface ReporterSetup {
  /** The program of the pod. */
  readonly program: string;
  readonly root: string;
  /** Its own directory, which no job can reach. */
  readonly spool: string;
  /** A file with the job's template, if there is one; it need not be there. */
  readonly template: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** Takes each line of its messages. */
  readonly relay: (line: string) => void;
}

/**
 * `wait` as a process of this machine, in a session of its own: it goes on when the launcher is killed, so that the job
 * is reported all the same.
 */
export class Reporter {
  readonly #setup: ReporterSetup;
  readonly #given = new AbortController();
  #process: ReturnType<typeof startWait> | null = null;

  constructor(setup: ReporterSetup) {
    this.#setup = setup;
  }

  /** Starts it, once that of an earlier launcher has ended, and resolves at its end. Never rejects. */
  async run(): Promise<ReporterEnd> {
    const { spool, relay } = this.#setup;
    await whenFree(join(spool, 'report/lock'), this.#given.signal);
    if (this.#given.signal.aborted) return { delivered: false, report: readReport(spool) };
    const started = startWait(this.#setup);
    this.#process = started;
    const notes = relayLines(started.stderr, relay);
    const { exitCode, signal } = await started;
    await notes;
    const status = exitCode ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0);
    return { delivered: status === 0 || wasDelivered(spool), report: readReport(spool) };
  }

  kill(): void {
    this.#given.abort();
    this.#process?.kill('SIGKILL');
  }
}

/** Resolves when no process holds the lock, or when the signal is aborted. The kernel tells nobody else of its end. */
async function whenFree(lock: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && isHeld(lock)) await pause(limits.spoolLookMs, signal);
}

function isHeld(lock: string): boolean {
  try {
    const file = openSync(lock, constantsOfFiles.O_RDONLY | constantsOfFiles.O_NOFOLLOW);
    const held = lockFile(file);
    closeSync(file);
    return held === 'taken';
  } catch {
    return false;
  }
}

function startWait({ program, root, spool, template, environment, args }: ReporterSetup) {
  const given = existsSync(template) ? ['--template', template] : [];
  return execa(program, ['wait', '--root', root, ...given, ...args], {
    env: {
      ...environment,
      // The job's is in a file.
      EMISSARY_TEMPLATE: '',
      ARGO_TEMPLATE: '',
      EMISSARY_SPOOL_DIR: spool,
      EMISSARY_LOG_LIMIT_BYTES: environment['EMISSARY_LOG_LIMIT_BYTES'] ?? '0',
    },
    extendEnv: false,
    // Ours may have been removed.
    cwd: '/',
    stdin: 'ignore',
    // Without a destination it prints the result there.
    stdout: 'ignore',
    stderr: 'pipe',
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    // It has its own time after TERM.
    forceKillAfterDelay: false,
  });
}

/** The report in a spool; null if there is none. */
function readReport(spool: string): JobReport | null {
  try {
    return JSON.parse(
      readRegular(join(spool, 'report/report.json'), limits.resultBytes).toString(),
    ) as JobReport;
  } catch {
    return null;
  }
}

/** A report of which something is in doubt is not to be delivered again: nobody will ever know more. */
function wasDelivered(spool: string): boolean {
  return existsSync(join(spool, 'report/delivered.json'));
}

async function relayLines(from: NodeJS.ReadableStream, relay: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: from })) relay(line);
}
