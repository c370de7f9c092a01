/** How a container's run ended, as its own wrapper says it. */
export type Verdict = 'succeeded' | 'failed' | 'terminated' | 'timedOut' | 'skipped' | 'error';

/** How one attempt of a job ended. */
export type AttemptVerdict = Extract<Verdict, 'succeeded' | 'failed' | 'terminated' | 'timedOut'>;

/** One start of the job's command. Times are RFC 3339, UTC, with milliseconds. */
export interface Attempt {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly exitCode: number;
  /** `SIGTERM`, …, or null when the job exited by itself. */
  readonly signal: string | null;
}

/** What was captured of one stream. */
export interface StreamRecord {
  readonly bytes: number;
  readonly truncated: boolean;
}

/** The job's resources, all attempts together. */
export interface Usage {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /**
   * The most memory that one process had at a time; 0 when none was started. Null when it had less than the emissary
   * itself when it started the job (some 85 MB): the kernel tells no less.
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
}

/** An output that was declared and is not there. */
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
}

/** `ctr/<name>/result.json`, version 1. */
export interface Result {
  readonly version: 1;
  readonly container: string;
  /** The command line, masked; bytes that are not UTF-8 are shown as U+FFFD. */
  readonly command: readonly string[];
  /** The job's process id in its own pid namespace; null when it was never started. */
  readonly pid: number | null;
  readonly attempts: readonly Attempt[];
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly signal: string | null;
  /** Whose exit code it is: the job's 64 is not the emissary's. */
  readonly origin: 'job' | 'emissary';
  /** One sentence; null on success, unless saving was stopped. */
  readonly message: string | null;
  readonly stdout: StreamRecord;
  readonly stderr: StreamRecord;
  readonly usage: Usage;
  readonly outputs: OutputsRecord;
}

/** `ctr/<name>/started`. */
export interface Started {
  readonly pid: number;
  /** RFC 3339, UTC, ms. */
  readonly startedAt: string;
  /** Counts from 1. */
  readonly attempt: number;
}

/** `ctr/<name>/ended`: the end of an attempt, as soon as it is known; counts if its attempt is not before that of `started`. */
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

/** `ctr/<name>/saving`: how far saving the outputs is. */
export interface SavingProgress {
  /** Bytes of the job's files that are done. */
  readonly bytes: number;
  readonly files: number;
  /** The name of the output that is being saved. */
  readonly current: string;
  /** RFC 3339, UTC, ms. */
  readonly at: string;
}

/** Outputs of a container that saves none. */
export const noOutputs: OutputsRecord = { parameters: [], artifacts: [], missing: [], skipped: [] };

/** The exit code of a container whose wrapper was killed before it could leave one: as if KILL had ended the job. */
export const lostExitCode = 137;

/** The largest status that a process can end with (wait(2)). */
export const largestExitCode = 255;

/** The exit code in the bytes of `exitcode`, or null when they are anything but a whole decimal status. */
export function parseExitCode(bytes: Buffer): number | null {
  // White space of ASCII alone: what \s means beyond that no wrapper writes.
  const text = /^[ \t\r\n]*([0-9]{1,3})[ \t\r\n]*$/.exec(bytes.toString('latin1'))?.[1] ?? null;
  return text !== null && Number(text) <= largestExitCode ? Number(text) : null;
}
