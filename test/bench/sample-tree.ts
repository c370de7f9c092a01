import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MiB = 2 ** 20;
const fileBytes = 8 * MiB;
const argCount = 4_000;
/** In every ten files: six of text, three of machine code, one that cannot be compressed. */
const mixture = ['text', 'text', 'code', 'text', 'noise', 'text', 'code', 'text', 'code', 'text'] as const;

/** A tree of text, machine code and noise, the same for every run. @param bytes a multiple of 8 MiB */
export function makeMixedTree(directory: string, bytes: number): void {
  mkdirSync(directory, { recursive: true });
  const chance = generator(7);
  const code = readFileSync(process.execPath);
  for (let index = 0; index * fileBytes < bytes; index += 1) {
    const kind = mixture[index % mixture.length] ?? 'text';
    writeFileSync(join(directory, `${index}.${kind}`), piece(kind, index, code, chance));
  }
}

function piece(kind: (typeof mixture)[number], index: number, code: Buffer, chance: () => number): Buffer {
  switch (kind) {
    case 'text':
      return text(fileBytes, chance);
    case 'code': {
      const start = (index * fileBytes) % (code.length - fileBytes);
      return code.subarray(start, start + fileBytes);
    }
    case 'noise': {
      const noise = new Uint32Array(fileBytes / 4);
      for (let at = 0; at < noise.length; at += 1) noise[at] = chance();
      return Buffer.from(noise.buffer);
    }
  }
}

/** 100 directories of files of one KiB of text. */
export function makeSmallFiles(directory: string, count: number): void {
  const args = text(4 * MiB, generator(11));
  for (let index = 0; index < count; index += 1) {
    const within = join(directory, String(index % 100));
    if (index < 100) mkdirSync(within, { recursive: true });
    const start = (index * 31) % (args.length - 1024);
    writeFileSync(join(within, `file-${index}.txt`), args.subarray(start, start + 1024));
  }
}

/** A file that reads as zeros and takes no room. */
export function makeSparseFile(path: string, bytes: number): void {
  const file = openSync(path, 'w');
  ftruncateSync(file, bytes);
  closeSync(file);
}

/** Lines of words, frequent ones and rare ones, as in a log or a report. */
function text(bytes: number, chance: () => number): Buffer {
  const names = generator(3);
  const args = Array.from({ length: argCount }, () =>
    names()
      .toString(36)
      .slice(0, 2 + (names() % 8)),
  );
  const lines: string[] = [];
  for (let length = 0; length < bytes; ) {
    const line = Array.from({ length: 12 }, () => args[Math.floor((chance() / 2 ** 32) ** 3 * argCount)]);
    lines.push(`${chance() % 100_000} ${line.join(' ')}\n`);
    length += lines.at(-1)?.length ?? 0;
  }
  return Buffer.from(lines.join('')).subarray(0, bytes);
}

/** Tommy Ettinger's mulberry32, whole numbers below 2^32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
