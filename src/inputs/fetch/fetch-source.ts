import { realpathSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, messageOf } from '../../base/fault.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { proxyFor } from '../../settings/proxy.ts';
import type { InputSource } from '../../settings/template/template.ts';
import { tooLarge } from '../too-large.ts';
import { copyTree } from './copy-tree.ts';

/**
 * Writes an input's bytes, as its source provides them, to a new file or directory.
 *
 * @param maxBytes size limit in bytes
 * @param environment may set proxies
 * @throws Error whose message is the reason
 */
export async function fetchSource(
  source: InputSource,
  place: string,
  maxBytes: number,
  environment: Environment,
): Promise<void> {
  switch (source.kind) {
    case 'text':
      return writeWhole(place, Buffer.from(source.data), maxBytes);
    case 'base64':
      return writeWhole(place, decode(source.data), maxBytes);
    case 'file':
      return copy(source.file, place, maxBytes);
    case 'http': {
      const { download } = await import('./download.ts');
      const { authorizationFrom } = await import('./authorization-from.ts');
      const credentials = authorizationFrom(source.secrets, environment);
      return download({ ...source, credentials }, place, maxBytes, (url) => proxyFor(url, environment));
    }
    case 'object': {
      const { fetchObject } = await import('./fetch-object.ts');
      return fetchObject(source, place, maxBytes, environment);
    }
    case 'git': {
      const { fetchGit } = await import('./git/fetch-git.ts');
      return fetchGit(source, place, maxBytes, environment);
    }
  }
}

function writeWhole(place: string, bytes: Buffer, maxBytes: number): void {
  if (bytes.length > maxBytes) throw new Error(tooLarge(maxBytes));
  writeFileSync(place, bytes);
}

/** Strict except for white space: Node's own decoder accepts anything and decodes a part of it. */
function decode(text: string): Buffer {
  const plain = text.replace(/\s+/g, '');
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) throw new Error('not valid base64');
  return Buffer.from(plain, 'base64');
}

function copy(from: string, place: string, maxBytes: number): void {
  const stats = look(from);
  if (stats.isDirectory() && isBelow(realpathSync(dirname(place)), realpathSync(from)))
    throw new Error(`${from} contains the volume that the inputs are staged on`);
  try {
    copyTree(from, stats, place, maxBytes);
  } catch (cause) {
    const path = cause instanceof Error && 'path' in cause ? String(cause.path) : from;
    if (errnoOf(cause) === 'EACCES') throw new Error(`this user may not read ${path}`, { cause });
    if (errnoOf(cause) === 'ELOOP') throw new Error(`the links in ${from} form a cycle`, { cause });
    if (errnoOf(cause) === 'ENOENT') throw new Error(`it contains a broken link: ${path}`, { cause });
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
    const found = errnoOf(cause) === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(cause)}`;
    throw new Error(`${path} ${found}`, { cause });
  }
}
