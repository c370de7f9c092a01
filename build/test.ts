import { glob } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { execa } from 'execa';

/**
 * `npm test`: node's own test runner over the test files, against the built dist/emissary.
 *
 *   npm test                         everything
 *   npm test -- outputs e2e/run      only files whose path has one of these words in it
 *   npm test -- --title 'SIGTERM'    only tests whose title matches (a regular expression)
 */
const folders = ['unit', 'e2e', 'containers', 'multiflexi'];
/** One test that takes longer hangs, ms. */
const testTimeoutMs = 10 * 60_000;
/** The whole run, ms: CI gives up soon after. */
const runTimeoutMs = 40 * 60_000;

const { values, positionals } = parseArgs({
  options: { title: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const files = await testFiles(positionals);
if (files.length === 0) {
  process.stderr.write(
    `No test file under test/{${folders.join(',')}} has ${positionals.join(' or ')} in its path.\n`,
  );
  process.exitCode = 1;
} else {
  process.exitCode = await runTests(files, values.title ?? []);
}

async function testFiles(words: readonly string[]): Promise<readonly string[]> {
  const all = await Array.fromAsync(glob(folders.map((folder) => `test/${folder}/**/*.test.ts`)));
  return all.sort().filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
}

async function runTests(selected: readonly string[], titles: readonly string[]): Promise<number> {
  const options = [
    '--test',
    `--test-concurrency=${availableParallelism()}`,
    `--test-timeout=${testTimeoutMs}`,
    ...titles.map((title) => `--test-name-pattern=${title}`),
  ];
  const run = await execa(process.execPath, [...options, ...selected], {
    stdio: 'inherit',
    reject: false,
    timeout: runTimeoutMs,
  });
  if (run.timedOut) process.stderr.write(`The tests were stopped after ${runTimeoutMs / 60_000} minutes.\n`);
  return run.exitCode ?? 1;
}
