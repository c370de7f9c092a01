import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { limits } from '../../base/limits.ts';
import { readRegular } from '../../base/read-regular.ts';
import type { JobReport } from '../../observe/job-report.ts';

/** How the reporter ended. */
export interface ReporterEnd {
  /** Everything was delivered. */
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
  readonly environment: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly note: (line: string) => void;
}

/**
 * `wait` as a process of this machine, in a session of its own: it goes on when the launcher is killed, so that the job
 * is reported all the same.
 */
export class Reporter {
  readonly #process: ReturnType<typeof startWait>;
  readonly #spool: string;
  readonly #notes: Promise<void>;

  constructor(setup: ReporterSetup) {
    this.#spool = setup.spool;
    this.#process = startWait(setup);
    this.#notes = noteLines(this.#process.stderr, setup.note);
  }

  /** Resolves at its end. Never rejects. */
  async ended(): Promise<ReporterEnd> {
    const { exitCode, signal } = await this.#process;
    await this.#notes;
    const status = exitCode ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0);
    return { delivered: status === 0, report: readReport(this.#spool) };
  }

  /** TERM: it stops the job, and reports what there is within its time. */
  stop(): void {
    this.#process.kill('SIGTERM');
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

function startWait({ program, root, spool, environment, args }: ReporterSetup) {
  return execa(program, ['wait', '--root', root, ...args], {
    env: {
      ...environment,
      EMISSARY_SPOOL_DIR: spool,
      EMISSARY_LOG_LIMIT_BYTES: environment['EMISSARY_LOG_LIMIT_BYTES'] ?? '0',
    },
    extendEnv: false,
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
export function readReport(spool: string): JobReport | null {
  try {
    return JSON.parse(
      readRegular(join(spool, 'report/report.json'), limits.resultBytes).toString(),
    ) as JobReport;
  } catch {
    return null;
  }
}

async function noteLines(from: NodeJS.ReadableStream, note: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: from })) note(line);
}
