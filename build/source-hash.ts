import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { programs } from './programs.ts';

/** The files that the executable is built from. */
const sources = ['src/**/*.{ts,tsx,css}', 'build/**/*.ts', 'package.json', 'package-lock.json'];

/** A hash (SHA-256, hex) of everything that the executable is built from, including the runtime's version. */
export async function sourceHash(): Promise<string> {
  const files = (await Array.fromAsync(glob(sources))).sort();
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(`\0${file}\0`).update(await readFile(file));
  return hash.digest('hex');
}

/** Whether the last complete build was made from sources with this hash and still exists. */
export async function wasBuiltFrom(hash: string): Promise<boolean> {
  const made = [...programs.map((name) => `dist/${name}`), 'dist/source-hash'];
  if (!made.every((file) => existsSync(file))) return false;
  return (await readFile('dist/source-hash', 'utf8')) === hash;
}
