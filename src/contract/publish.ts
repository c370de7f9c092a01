import { closeSync, fchmodSync, openSync, renameSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';
import { displace } from '../base/displace.ts';
import { removeFile } from '../base/remove-file.ts';

/**
 * Publishes a file atomically: writes it next to its place under a temporary name, then renames it (rename(2) is
 * atomic). Readers on the same kernel see all of it or nothing. It is not flushed to disk: it must survive the death
 * of any process, but the volume does not outlive its node.
 *
 * @param mode the file's mode, whatever the umask
 * @throws the operating system's error; nothing is left behind
 */
export function publish(path: string, content: string | Uint8Array, mode = 0o644): void {
  const temporary = join(dirname(path), `.${basename(path)}.${pid}.tmp`);
  try {
    writeNew(temporary, content, mode);
    renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
}

/** Writes all bytes at this position of the file. @throws the operating system's error */
export function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let offset = 0; offset < bytes.length; ) {
    offset += writeSync(file, bytes, offset, bytes.length - offset, position + offset);
  }
}

function writeNew(path: string, content: string | Uint8Array, mode: number): void {
  // First remove a leftover of a killed process with our process ID. 'wx' never follows a link that someone may have
  // put there.
  displace(path);
  const file = openSync(path, 'wx', mode);
  try {
    fchmodSync(file, mode);
    writeWhole(file, typeof content === 'string' ? Buffer.from(content) : content, 0);
  } finally {
    closeSync(file);
  }
}
