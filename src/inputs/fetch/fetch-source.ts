import { realpathSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, messageOf } from '../../base/fault.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { proxyFor } from '../../settings/proxy.ts';
import type { InputSource } from '../../settings/template/template.ts';
import { tooLarge } from '../too-large.ts';
import { copyTree } from './copy-tree.ts';

/**
 * Puts an input's bytes, as its source gives them, into a new file or directory.
 * @param most bytes that it may have
 * @param environment may name proxies
 * @throws Error whose message is the reason
 */
export async function fetchSource(
  source: InputSource,
  place: string,
  most: number,
  environment: Environment,
): Promise<void> {
  switch (source.kind) {
    case 'text':
      return writeWhole(place, Buffer.from(source.data), most);
    case 'base64':
      return writeWhole(place, decode(source.data), most);
    case 'file':
      return copy(source.file, place, most);
    case 'http': {
      const { download } = await import('./download.ts');
      return download(source, place, most, (url) => proxyFor(url, environment));
    }
  }
}

function writeWhole(place: string, bytes: Buffer, most: number): void {
  if (bytes.length > most) throw new Error(tooLarge(most));
  writeFileSync(place, bytes);
}

/** Strict, white space aside: Node's own decoder takes anything and gives a part of it. */
function decode(text: string): Buffer {
  const plain = text.replace(/\s+/g, '');
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) throw new Error('not valid base64');
  return Buffer.from(plain, 'base64');
}

function copy(from: string, place: string, most: number): void {
  const stats = look(from);
  if (stats.isDirectory() && isBelow(realpathSync(dirname(place)), realpathSync(from)))
    throw new Error(`${from} holds the volume that the inputs are staged on`);
  try {
    copyTree(from, stats, place, most);
  } catch (cause) {
    const path = cause instanceof Error && 'path' in cause ? String(cause.path) : from;
    if (errnoOf(cause) === 'EACCES') throw new Error(`this user may not read ${path}`, { cause });
    if (errnoOf(cause) === 'ELOOP') throw new Error(`the links in ${from} lead in a circle`, { cause });
    if (errnoOf(cause) === 'ENOENT') throw new Error(`a link in it leads nowhere: ${path}`, { cause });
    throw cause;
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

function look(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    const found = errnoOf(cause) === 'ENOENT' ? 'is not there' : `cannot be read: ${messageOf(cause)}`;
    throw new Error(`${path} ${found}`, { cause });
  }
}
