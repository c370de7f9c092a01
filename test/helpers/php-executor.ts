import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { type Finished, type Running, startEmissary } from './emissary.ts';
import { hostProgram } from './program.ts';
import { type ReportedJob, reportedJob } from './reported-job.ts';
import { temporaryVolume } from './volume.ts';

/** A variable of a job, as core has it. */
export type Variable =
  | string
  | null
  | { readonly value: string; readonly type?: string; readonly secret?: boolean };

/** What a job and its daemon are. */
export interface ExecutorCase {
  /** The class; default Emissary. */
  readonly executor?: string;
  readonly application?: Readonly<Record<string, unknown>>;
  readonly variables?: Readonly<Record<string, Variable>>;
  /** Paths of uploaded files, by variable. */
  readonly files?: Readonly<Record<string, string>>;
  /** The environment of PHP; `DB_…` names the job's database. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of PHP itself. */
  readonly php?: readonly string[];
}

/** What the stand-in core knows after the run. */
export interface Facts {
  readonly exitCode: number;
  readonly meaning: string;
  readonly output: string;
  readonly errorOutput: string;
  readonly pid: number | null;
  /** By how many bytes PHP's memory has grown at most. */
  readonly grown: number;
  readonly tmp: string;
  readonly report: string | null;
  readonly resultFile: string | null;
  readonly messages: readonly string[];
}

/** A job that a PHP process runs. */
export interface ExecutorJob {
  readonly job: ReportedJob;
  /** The directory for temporary files that all jobs share. */
  readonly tmp: string;
  /** What a daemon runs for it. */
  readonly command: readonly string[];
  /** The environment of that. */
  readonly env: Readonly<Record<string, string>>;
  start(): Running;
  run(): Promise<Finished & { readonly facts: Facts }>;
}

const tree = resolve(import.meta.dirname, '../..');

/** Executor classes and a stand-in for core in one directory, as in `/usr/share/php`. */
export function installedExecutors(t: TestContext): string {
  const share = temporaryVolume(t);
  for (const from of ['test/executor/core', 'executor']) cpSync(join(tree, from), share, { recursive: true });
  return share;
}

/** Prepares a job of an executor class. */
export function executorJob(t: TestContext, { executor, application, ...given }: ExecutorCase): ExecutorJob {
  const share = installedExecutors(t);
  const job = reportedJob(t);
  const tmp = join(temporaryVolume(t), 'tmp');
  mkdirSync(tmp);
  const definition = join(share, 'job.json');
  const facts = join(share, 'facts.json');
  const { variables = {}, files = {}, env = {}, php = [] } = given;
  const described = { name: 'Example', executable: 'true', environment: {}, ...application };
  writeFileSync(
    definition,
    JSON.stringify({
      id: job.jobId,
      executor: executor ?? 'Emissary',
      application: described,
      variables,
      files,
    }),
  );
  const daemon = {
    DB_CONNECTION: 'sqlite',
    DB_DATABASE: job.database.path,
    TEST_DATABASE: job.database.path,
    TEST_TMP: tmp,
    FACTS: facts,
    ...env,
  };
  const args = [...php, join(share, 'run-job.php'), definition];
  const start = () => startEmissary(t, args, { program: 'php', env: daemon });
  return {
    job,
    tmp,
    command: ['php', ...args],
    env: daemon,
    start,
    run: async () => {
      const finished = await start().finished;
      if (!existsSync(facts)) throw new Error(`PHP has failed:\n${finished.stdout}\n${finished.stderr}`);
      return { ...finished, facts: JSON.parse(readFileSync(facts, 'utf8')) as Facts };
    },
  };
}

/** What a recording stand-in for `launch` was given. */
export interface Recorded {
  /** Its environment, to be added to the daemon's. */
  readonly env: Readonly<Record<string, string>>;
  /** After `launch`. */
  argv(): readonly string[];
  /** The value of an option; null if it was not given. */
  option(name: string): string | null;
  environ(): Readonly<Record<string, string>>;
  /** A JSON file that an option named. */
  file(name: string): Record<string, string>;
  text(name: string): string;
}

/** @param script shell commands that it runs after recording */
export function recordingLaunch(t: TestContext, script = ':'): Recorded {
  const directory = temporaryVolume(t);
  const text = (name: string) => readFileSync(join(directory, name), 'utf8');
  const entries = (name: string) => text(name).split('\0').slice(0, -1);
  const argv = () => entries('argv').slice(3);
  return {
    env: {
      EMISSARY_LAUNCHER: join(tree, 'test/executor/record-launch.sh'),
      EMISSARY_TEST_RECORD: directory,
      EMISSARY_TEST_SCRIPT: script,
    },
    argv,
    option: (name) => {
      const index = argv().indexOf(`--${name}`);
      return index === -1 ? null : (argv()[index + 1] ?? null);
    },
    environ: () =>
      Object.fromEntries(
        entries('environ').map((entry) => {
          const [name = '', ...value] = entry.split('=');
          return [name, value.join('=')];
        }),
      ),
    file: (name) => JSON.parse(text(name)) as Record<string, string>,
    text,
  };
}

/** The environment that makes the classes use the built `launch`, with a state directory of the test's own. */
export function builtLaunch(t: TestContext): Readonly<Record<string, string>> {
  return { EMISSARY_LAUNCHER: hostProgram, EMISSARY_STATE_DIR: join(temporaryVolume(t), 'state') };
}
