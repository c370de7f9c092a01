import { accessSync, constants, opendirSync, openSync, readSync } from 'node:fs';
import { type BytePath, fsPath } from './byte-path.ts';
import type { Root } from './member.ts';

/**
 * Opens a file that was a regular file when it was found. If it is a FIFO or a link by now, this neither blocks nor
 * follows it.
 * @throws the operating system's error
 */
export function openMember(path: BytePath): number {
  return openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/**
 * Fills a buffer from a file.
 * @returns the number of bytes read; less than the buffer's length only at the end of the file
 * @throws the operating system's error
 */
export function readFull(file: number, buffer: Uint8Array): number {
  let length = 0;
  while (length < buffer.length) {
    const read = readSync(file, buffer, length, buffer.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return length;
}

/** @throws the operating system's error if this user may not read the file or search the directory */
export function checkReadable({ path, stats }: Root): void {
  accessSync(fsPath(path), stats.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
  // Permissions are not enough: an unreadable directory of a broken disk would seem empty.
  if (stats.isDirectory()) readOneName(path);
}

function readOneName(path: BytePath): void {
  const directory = opendirSync(fsPath(path));
  try {
    directory.readSync();
  } finally {
    directory.closeSync();
  }
}
