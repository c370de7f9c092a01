/** How a container's run ended, as its wrapper reports it. */
export type Verdict = 'succeeded' | 'failed' | 'terminated' | 'timedOut' | 'skipped' | 'error';

/** How one attempt of a job ended. */
export type AttemptVerdict = Extract<Verdict, 'succeeded' | 'failed' | 'terminated' | 'timedOut'>;

/** One start of the job's command. Times are RFC 3339, UTC, with milliseconds. */
export interface Attempt {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly exitCode: number;
  /** `SIGTERM`, …, or null if the job exited on its own. */
  readonly signal: string | null;
}

/** What was captured of one stream. */
export interface StreamRecord {
  readonly bytes: number;
  readonly truncated: boolean;
}

/** The job's resource usage, all attempts together. */
export interface Usage {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /**
   * The peak memory of one process; 0 if none was started. Null if it was less than what the emissary itself used
   * when it started the job (about 85 MB): the kernel cannot tell then.
   */
  readonly maxRssBytes: number | null;
}

/** A saved output parameter. `path` is the job's, `file` is relative to the volume's root. */
export interface ParameterRecord {
  readonly name: string;
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A saved artifact. `path` is the job's, `file` is relative to the volume's root. */
export interface ArtifactRecord extends ParameterRecord {
  readonly archive: 'tar' | 'zip' | 'none' | 'zstd';
  /** Secrets in its text files were masked: its bytes are not the job's. */
  readonly masked?: true | undefined;
}

/** A declared output that is missing. */
export interface MissingOutput {
  readonly kind: 'parameter' | 'artifact';
  readonly name: string;
  readonly path: string;
  readonly optional: boolean;
  /** One sentence: not found, unreadable, too large. */
  readonly reason: string;
}

/** A file that was left out of an output, and why. */
export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** What became of the outputs. */
export interface OutputsRecord {
  readonly parameters: readonly ParameterRecord[];
  readonly artifacts: readonly ArtifactRecord[];
  readonly missing: readonly MissingOutput[];
  readonly skipped: readonly SkippedFile[];
  /** What the job has printed as its result; only if the template asks for it. At most 256 KiB of UTF-8. */
  readonly result?: string;
}

/** `ctr/<name>/result.json`, version 1. */
export interface Result {
  readonly version: 1;
  readonly container: string;
  /** The command line, masked; bytes that are not UTF-8 are shown as U+FFFD. */
  readonly command: readonly string[];
  /** The job's process ID in its own PID namespace; null if it was never started. */
  readonly pid: number | null;
  readonly attempts: readonly Attempt[];
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly signal: string | null;
  /**
   * Whose exit code it is: a job's 64 is not the emissary's 64. A `person` decided it after a failure; the last attempt
   * has the job's own.
   */
  readonly origin: 'job' | 'emissary' | 'person';
  /** It failed, and that does not count: `run` exits with 0, dependants run, and the job has not failed by it. */
  readonly tolerated?: true | undefined;
  /** One sentence; null on success, unless saving was stopped. */
  readonly message: string | null;
  readonly stdout: StreamRecord;
  readonly stderr: StreamRecord;
  readonly usage: Usage;
  readonly outputs: OutputsRecord;
  /** When the wrapper began, and when it sealed. RFC 3339, UTC, ms. */
  readonly begunAt?: string;
  readonly sealedAt?: string;
  /** Only for a job that is part of a trace. */
  readonly trace?: JobTrace;
}

/** A job's place in a trace: two values of TRACEPARENT. */
export interface JobTrace {
  /** What the wrapper was given. */
  readonly parent: string;
  /** What the job was given: the span of its run. */
  readonly run: string;
}

/** `initialized`: when `init` began and ended. RFC 3339, UTC, ms. */
export interface Initialized {
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** `ctr/<name>/started`. */
export interface Started {
  readonly pid: number;
  /** RFC 3339, UTC, ms. */
  readonly startedAt: string;
  /** Counts from 1. */
  readonly attempt: number;
}

/** `ctr/<name>/ended`: the end of an attempt, as soon as it is known; valid unless `started` has a later attempt. */
export interface Ended {
  /** Counts from 1. */
  readonly attempt: number;
  readonly exitCode: number;
  readonly signal: string | null;
  /** RFC 3339, UTC, ms. */
  readonly finishedAt: string;
  readonly verdict: AttemptVerdict;
  readonly origin: 'job';
}

/** `ctr/<name>/saving`: the progress of saving the outputs. */
export interface SavingProgress {
  /** Bytes of the job's files that are saved. */
  readonly bytes: number;
  readonly files: number;
  /** The name of the output that is being saved. */
  readonly current: string;
  /** RFC 3339, UTC, ms. */
  readonly at: string;
}

/** `ctr/<name>/paused`: a failed job is held until a person has looked. */
export interface Paused {
  /** The job's own exit code. */
  readonly exitCode: number;
  /** When the run goes on by itself; RFC 3339, UTC, ms. */
  readonly until: string;
}

/** The outputs of a container that saves none. */
export const noOutputs: OutputsRecord = { parameters: [], artifacts: [], missing: [], skipped: [] };

/** The exit code of a container whose wrapper was killed before it could write one: as if KILL had ended the job. */
export const lostExitCode = 137;

/** The highest exit status of a process (wait(2)). */
export const largestExitCode = 255;

/** Parses the bytes of `exitcode`; null unless they are a whole decimal status. */
export function parseExitCode(bytes: Buffer): number | null {
  // ASCII white space only: no wrapper writes the other characters that \s matches.
  const text = /^[ \t\r\n]*([0-9]{1,3})[ \t\r\n]*$/.exec(bytes.toString('latin1'))?.[1] ?? null;
  return text !== null && Number(text) <= largestExitCode ? Number(text) : null;
}
