import type { Environment } from './environment.ts';

/** The process context: nothing below the entry file touches `process.argv`, `process.env` or `process.exitCode`. */
export interface Invocation {
  /** The arguments after the program's name, as bytes. */
  readonly args: readonly Buffer[];
  readonly environment: Environment;
  /** The running file, for `init` to copy. */
  readonly program: string;
  /** Signals that were ignored when the program was started. */
  readonly ignored: readonly number[];
  /** Rejects on an uncaught exception: a job must not continue without its wrapper. */
  readonly defect: Promise<never>;
  /** Writes to our standard output; for verbs whose output is meant for the user. */
  print(text: string): void;
}
