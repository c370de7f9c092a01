import { writeSync } from 'node:fs';

/** Writes all bytes at this position of the file. @throws the operating system's error */
export function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let offset = 0; offset < bytes.length; ) {
    offset += writeSync(file, bytes, offset, bytes.length - offset, position + offset);
  }
}
