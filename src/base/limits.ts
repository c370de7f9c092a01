/**
 * Every limit of the program, with its unit and its reason. Nothing else in the source holds a bound.
 */
const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

export const limits = {
  /** Bytes of one captured log, unless an option says otherwise: an emptyDir is the node's disk, shared with others. */
  logBytes: 1 * GiB,
  /** Bytes of one read from the job's pipe: what the largest unprivileged pipe holds, so that one read empties it. */
  pumpBytes: 1 * MiB,
  /** Bytes asked of the kernel for the job's pipes (pipe(7): `/proc/sys/fs/pipe-max-size`). */
  pipeBytes: 1 * MiB,
  /** Bytes taken at once of what a person types or pastes. */
  keyBytes: 4 * KiB,
  /** How long, after the job's end, a pipe that somebody still holds must be silent to count as drained, in ms. */
  drainQuietMs: 100,
  /** How long such a pipe is read at the most, in ms: a leftover that prints for ever must not hold the seal. */
  drainMs: 2_000,
  /** How long a run that was asked to end waits for a reader of its output that has stalled, in ms. */
  stalledReaderMs: 2_000,
  /** How long a leftover of a finished job has between TERM and KILL, in ms. */
  leftoverGraceMs: 2_000,
  /** How often KILL is repeated for leftovers that fork while they are killed, in ms. */
  leftoverKillMs: 100,
  /** Seconds between the stop signal and KILL, unless an option says otherwise (Kubernetes' own default). */
  graceSeconds: 30,
  /** Bytes of the template: a pod's whole specification is bounded by etcd's 1.5 MiB. */
  templateBytes: 2 * MiB,
  /** Bytes of the file with additional arguments: the kernel takes no more in one execve(2). */
  argumentsFileBytes: 4 * MiB,
  /** Bytes of a signal request: a name or a number. */
  signalRequestBytes: 32,
  /** Bytes of `exitcode`: three digits; the rest is room for white space. */
  exitCodeBytes: 16,
  /** Bytes of a `result.json` that a reader accepts. */
  resultBytes: 16 * MiB,
  /** Bytes of a `started` record that a reader accepts. */
  startedBytes: 4 * KiB,
  /** Characters of a secret below which it is not masked: it would blot out ordinary words. */
  maskedValueLength: 6,
  /** Where the kernel has no events to give, a directory is looked at this often, in ms. */
  watchPollMs: 50,
} as const;
