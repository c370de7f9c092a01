import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Platform, platformOf } from './architecture.ts';
import { loadedPart, readElf } from './runtime/elf.ts';
import { fetchRuntime } from './runtime/runtime.ts';
import { runtimeChanges } from './runtime/runtime-changes.ts';

/**
 * `npm run try-runtime -- VERSION`: whether the build could use that version of Node, for both processors. Tries the
 * changes of each file in build/runtime, in a file up to the first that is not possible, and prints the loader and the
 * libraries that the runtime needs. Nothing in the tree is changed. With a path in the version's place, that file alone
 * is tried.
 *
 * Exits with 1 when anything has to be looked at: see runtime/UPGRADING.md.
 */
const [given] = process.argv.slice(2);
try {
  process.exitCode = given === undefined ? usage() : await tryRuntime(given);
} catch (error) {
  process.stderr.write(`Cannot try the runtime ${given}: ${(error as Error).message}\n`);
  process.exitCode = 64;
}

function usage(): number {
  process.stderr.write('Usage: npm run try-runtime -- VERSION (such as 26.11.0) or FILE\n');
  return 64;
}

async function tryRuntime(version: string): Promise<number> {
  if (version.includes('/')) {
    const file = await readFile(version);
    const machines = new Map([platformOf('x64'), platformOf('arm64')].map((each) => [each.machine, each]));
    const platform = machines.get(readElf(file).machine);
    if (platform === undefined) throw new Error(`${version} is a program for another processor`);
    return report(platform, file);
  }
  const directory = await mkdtemp(join(tmpdir(), 'emissary-runtime-'));
  try {
    let status = 0;
    for (const platform of [platformOf('x64'), platformOf('arm64')]) {
      const name = `${platform.runtimePackage}@${version}`;
      process.stdout.write(`Fetching ${name} …\n`);
      const unpacked = join(directory, platform.architecture);
      await fetchRuntime(name, unpacked);
      status = Math.max(status, report(platform, await readFile(join(unpacked, 'package/bin/node'))));
    }
    return status;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Prints a line for each file of changes. @returns 1 when one of them is not possible */
function report({ architecture }: Platform, file: Buffer): number {
  const runtime = loadedPart(file);
  let status = 0;
  for (const [name, change] of runtimeChanges) {
    try {
      change(runtime, architecture);
      process.stdout.write(`${architecture}  ok      ${name}\n`);
    } catch (error) {
      status = 1;
      process.stdout.write(`${architecture}  FAILED  ${name}: ${(error as Error).message}\n`);
    }
  }
  const { interpreter, needed } = readElf(file);
  process.stdout.write(`${architecture}  needs   ${[interpreter, ...needed].join(' ')}\n`);
  return status;
}
