import { closeSync, constants, fstatSync, lstatSync, opendirSync, openSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';

/** A regular file of the outputs. It is open while the walk stands there. */
export interface FoundOutput {
  readonly kind: 'file';
  /** Relative to the root; each byte a character (latin1). */
  readonly path: string;
  readonly descriptor: number;
  readonly size: number;
  readonly blocks: number;
}

/** An entry that is not sent: a link, a FIFO, a device, a file with another name, or what cannot be read. */
interface Skipped {
  readonly kind: 'skipped';
}

const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const fileFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Finds every saved output in a fixed order: names by their bytes, a directory in the place of its name. The job may have
 * changed anything there: no link is followed, and nothing but regular files is opened. Names are any bytes.
 */
export function* walkOutputs(volume: Volume): Generator<FoundOutput | Skipped> {
  for (const path of ['outputs/artifacts', 'outputs/parameters']) {
    const opened = volume.openAny(path, constants.O_RDONLY | constants.O_DIRECTORY);
    if ('kind' in opened) continue;
    yield* walk(opened.descriptor, path, path.split('/').length);
  }
}

/** @param a path in the order of the walk @returns less than 0, 0, or more than 0, as in a sort */
export function compareOutputs(a: string, b: string): number {
  const [first, second] = [a.split('/'), b.split('/')];
  for (const [index, part] of first.entries()) {
    const other = second[index];
    if (other === undefined) return 1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return first.length - second.length;
}

/** @param directory a descriptor, which is closed at the end */
function* walk(directory: number, path: string, depth: number): Generator<FoundOutput | Skipped> {
  try {
    for (const name of namesIn(directory)) {
      const place = Buffer.from(`/proc/self/fd/${directory}/${name}`, 'latin1');
      const entry = openEntry(place);
      if (entry === null || depth >= limits.mirrorDepth) {
        if (entry !== null) closeSync(entry.descriptor);
        yield { kind: 'skipped' };
      } else if (entry.isDirectory) {
        yield* walk(entry.descriptor, `${path}/${name}`, depth + 1);
      } else {
        yield* openFile(entry, `${path}/${name}`);
      }
    }
  } finally {
    closeSync(directory);
  }
}

function* openFile(entry: { readonly descriptor: number }, path: string): Generator<FoundOutput> {
  const { descriptor } = entry;
  try {
    const { size, blocks } = fstatSync(descriptor);
    yield { kind: 'file', path, descriptor, size, blocks };
  } finally {
    closeSync(descriptor);
  }
}

/** Sorted; each byte a character (latin1), so that the order is that of the bytes. */
function namesIn(directory: number): readonly string[] {
  const opened = opendirSync(`/proc/self/fd/${directory}`, { encoding: 'latin1', bufferSize: 1024 });
  try {
    const names: string[] = [];
    for (let entry = opened.readSync(); entry !== null && names.length < limits.mirrorNames; ) {
      names.push(entry.name);
      entry = opened.readSync();
    }
    return names.sort();
  } finally {
    opened.closeSync();
  }
}

/** Null for what is not sent. The type is checked first: opening a device may have side effects. */
function openEntry(place: Buffer): { readonly descriptor: number; readonly isDirectory: boolean } | null {
  try {
    const found = lstatSync(place);
    if (found.isDirectory()) return { descriptor: openSync(place, directoryFlags), isDirectory: true };
    if (!found.isFile() || found.nlink > 1) return null;
    const descriptor = openSync(place, fileFlags);
    if (fstatSync(descriptor).isFile()) return { descriptor, isDirectory: false };
    closeSync(descriptor);
    return null;
  } catch {
    return null; // Removed meanwhile, or not ours to read.
  }
}
