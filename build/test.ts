import { glob } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startDockerDaemon } from './docker-daemon.ts';
import { runTests } from './run-tests.ts';
import { prepareTestCluster } from './test-cluster.ts';

/**
 * `npm test`: runs the test files against the built dist/emissary.
 *
 *   npm test                         everything
 *   npm test -- outputs e2e/run      only files whose path contains one of these strings
 *   npm test -- --title 'SIGTERM'    only tests whose title matches (a regular expression)
 */
const folders = [
  'unit',
  'e2e',
  'containers',
  'launch',
  'kubernetes',
  'azure',
  'executor',
  'multiflexi',
  'page',
  'stores',
];

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
  const docker = files.some((file) => /^test\/(containers|launch)\//.test(file))
    ? await startDockerDaemon()
    : null;
  if (docker !== null) process.env['DOCKER_HOST'] = docker.host;
  const cluster = files.some((file) => /^test\/(kubernetes\/|launch\/|page\/operator)/.test(file))
    ? await prepareTestCluster()
    : null;
  try {
    process.exitCode = await runTests(files, values.title);
  } finally {
    await cluster?.release();
    await docker?.stop();
  }
}

async function testFiles(args: readonly string[]): Promise<readonly string[]> {
  const all = await Array.fromAsync(glob(folders.map((folder) => `test/${folder}/**/*.test.ts`)));
  return all.sort().filter((file) => args.length === 0 || args.some((arg) => file.includes(arg)));
}
