import { constants, copyFileSync, cpSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { errnoOf, sentenceOf } from '../base/fault.ts';
import type { InputSource } from '../settings/template.ts';
import { tooLarge } from './too-large.ts';

/**
 * Puts an input's bytes, as its source gives them, into a new file or directory.
 * @param most bytes that it may have
 * @throws Error whose message is the reason
 */
export async function fetchSource(source: InputSource, place: string, most: number): Promise<void> {
  switch (source.kind) {
    case 'text':
      return writeWhole(place, Buffer.from(source.data), most);
    case 'base64':
      return writeWhole(place, decode(source.data), most);
    case 'file':
      return copy(source.file, place, most);
    case 'http': {
      const { download } = await import('./download.ts');
      return download(source, place, most);
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
  let bytes = 0;
  const isSmall = (path: string) => {
    const found = path === from ? stats : statSync(path);
    if (found.isFile()) bytes += found.size;
    if (bytes > most) throw new Error(tooLarge(most));
    return true;
  };
  try {
    if (stats.isDirectory()) {
      // Mounted secrets and config maps are links into a directory whose name begins with "..", which is left out.
      cpSync(from, place, {
        recursive: true,
        dereference: true,
        filter: (path) => (path === from || !basename(path).startsWith('..')) && isSmall(path),
      });
    } else if (stats.isFile()) {
      isSmall(from);
      copyFileSync(from, place, constants.COPYFILE_FICLONE);
    } else {
      throw new Error(`${from} is neither a file nor a directory`);
    }
  } catch (cause) {
    if (errnoOf(cause) === 'EACCES') throw new Error(`this user may not read ${from}`, { cause });
    throw cause;
  }
}

function look(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    const found = errnoOf(cause) === 'ENOENT' ? 'is not there' : `cannot be read: ${sentenceOf(cause)}`;
    throw new Error(`${path} ${found}`, { cause });
  }
}
