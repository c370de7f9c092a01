import { availableParallelism } from 'node:os';
import { execa } from 'execa';

/** After this time, in ms, a test is considered hung. */
const testTimeoutMs = 30 * 60_000;
/**
 * Test files that run at a time at most: each starts many processes, and the kernel's per-user limits do not grow
 * with the number of cores.
 */
const maxFiles = 4;
/** The limit of the whole run, in ms: more than it ever needs, less than a CI job may take. */
const runTimeoutMs = 80 * 60_000;

/**
 * Runs test files with node's own test runner on the pinned runtime; its report goes to our standard output.
 *
 * @param titles regular expressions; none = every test
 * @returns the exit status
 */
export async function runTests(files: readonly string[], titles: readonly string[] = []): Promise<number> {
  const options = [
    '--test',
    // One more than there are processors: many tests wait for an engine or a cluster most of the time.
    `--test-concurrency=${Math.min(availableParallelism() + 1, maxFiles)}`,
    `--test-timeout=${testTimeoutMs}`,
    ...titles.map((title) => `--test-name-pattern=${title}`),
  ];
  const run = await execa(process.execPath, [...options, ...files], {
    stdio: 'inherit',
    reject: false,
    timeout: runTimeoutMs,
  });
  if (run.timedOut) process.stderr.write(`The tests were stopped after ${runTimeoutMs / 60_000} minutes.\n`);
  return run.exitCode ?? 1;
}
