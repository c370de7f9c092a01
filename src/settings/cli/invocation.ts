import type { Environment } from './environment.ts';

/** What the process edge hands down: nothing below it touches `process.argv`, `process.env` or `process.exitCode`. */
export interface Invocation {
  /** The words after the program's name, as bytes. */
  readonly args: readonly Buffer[];
  readonly environment: Environment;
  /** The file that runs, for `init` to copy. */
  readonly program: string;
  /** Signals that were ignored when the program was started. */
  readonly ignored: readonly number[];
  /** Rejects when something of ours has thrown where nobody catches it: a job must not go on without a wrapper. */
  readonly defect: Promise<never>;
  /** Writes to our standard output; for verbs whose output is meant for the person. */
  print(text: string): void;
}
