import { existsSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeSingleExecutable } from '../../build/bundle/single-executable.ts';
import { program } from '../helpers/program.ts';
import type { Peer } from './peer.ts';
import type { Bench } from './row.ts';

/** Room that the rows want, bytes. */
const roomBytes = 6e9;
const fewestRuns = 3;

/** What the rows have at hand, and its clearing away. */
export interface Workshop extends Bench, Disposable {
  /** Where the files are. */
  readonly place: string;
}

/**
 * @param options `program`: what is measured; `scale`: 1 = all runs that a row wants
 */
export function openWorkshop(
  peers: readonly Peer[],
  { program, scale }: { readonly program: string; readonly scale: number },
): Workshop {
  const place = mkdtempSync(join(hasRoom('/dev/shm') ? '/dev/shm' : tmpdir(), 'emissary-bench-'));
  return {
    program,
    peers,
    place,
    scale,
    emptyProgram,
    directory: () => mkdtempSync(join(place, 'd-')),
    times: (full) => Math.max(fewestRuns, Math.round(full * scale)),
    [Symbol.dispose]: () => rmSync(place, { recursive: true, force: true }),
  };
}

/** Files in memory: the wrapper is measured, and not the disk. */
function hasRoom(directory: string): boolean {
  if (!existsSync(directory)) return false;
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize > roomBytes;
}

async function emptyProgram(): Promise<string> {
  const file = resolve('dist/empty');
  if (!existsSync(file) || statSync(file).mtimeMs < statSync(program).mtimeMs) {
    writeFileSync('dist/empty.cjs', '');
    const parts = {
      main: 'dist/empty.cjs',
      runtime: 'dist/parts/node',
      output: 'dist/empty',
      codeCache: true,
    };
    await makeSingleExecutable(parts);
  }
  return file;
}
