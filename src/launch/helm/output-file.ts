import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '../../base/limits.ts';

/**
 * What a program prints that may live longer than we: a pipe would break with us, and kill it by its next message. The file
 * has no name, so it goes with its last user.
 */
export class OutputFile {
  readonly descriptor: number;

  /** @throws the operating system's error */
  constructor() {
    const path = join(tmpdir(), `emissary-${randomBytes(8).toString('hex')}`);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND;
    this.descriptor = openSync(path, flags, 0o600);
    unlinkSync(path);
  }

  /** What has been printed; beyond the limit it is cut. Closes the file. */
  take(): string {
    const bytes = Buffer.alloc(Math.min(fstatSync(this.descriptor).size, limits.helmOutputBytes));
    readSync(this.descriptor, bytes, 0, bytes.length, 0);
    closeSync(this.descriptor);
    return bytes.toString();
  }
}
