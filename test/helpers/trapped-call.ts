import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A system call on a file of the volume that is made to fail: the n-th of each thread (strace(1)). */
export interface Trap {
  readonly call: string;
  readonly nth: number;
  /** The error that it returns, or that its caller is killed before it. */
  readonly does: `error=${string}` | 'signal=KILL';
}

/** The files that `run` writes on a volume, except those named after a process. */
const files = [
  'ctr',
  ...['', 'alive', 'stdout', 'stderr', 'timeline', 'started', 'signal', 'result.json', 'exitcode'].map(
    (name) => `ctr/main/${name}`.replace(/\/$/, ''),
  ),
  ...['.result.json.reserve', '.exitcode.reserve'].map((name) => `ctr/main/${name}`),
  ...['outputs', 'outputs/.saving', 'outputs/parameters', 'outputs/artifacts'],
];

/**
 * The command line that makes the program behind it meet the trap. The job itself is left alone.
 * @param log where the calls are written
 * @param others more files of the volume that count
 */
export function trapping(
  root: string,
  { call, nth, does }: Trap,
  log: string,
  others: readonly string[] = [],
): readonly string[] {
  const paths = [...files, ...others].flatMap((file) => ['-P', join(root, file)]);
  return ['strace', '-f', '-b', 'execve', '-o', log, '-e', `inject=${call}:${does}:when=${nth}`, ...paths];
}

/** Whether there was such a call. */
export function wasMet(log: string, { does }: Trap): boolean {
  return readFileSync(log, 'utf8').includes(does === 'signal=KILL' ? 'killed by SIGKILL' : '(INJECTED)');
}
