import { closeSync, constants, fchmodSync, openSync, readSync } from 'node:fs';
import { displace } from '../../base/displace.ts';
import { errorReason, writeReasons } from '../../base/error-reason.ts';
import { log } from '../../base/log.ts';
import type { StreamRecord } from '../../contract/records.ts';
import { writeSome } from './write-some.ts';

/**
 * One captured file. Stores bytes up to its limit, or until a write fails; from then on it is marked truncated and
 * stores no more, and the job continues.
 */
export class LogFile {
  readonly #path: string;
  readonly #file: number;
  readonly #limit: number;
  #bytes = 0;
  #truncated = false;

  /**
   * @param limit bytes; 0 = no limit
   * @throws the operating system's error if the file cannot be created
   */
  constructor(path: string, limit: number) {
    // An existing file may belong to another user, or be a link: never open it.
    displace(path);
    this.#path = path;
    this.#file = openSync(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND,
      0o644,
    );
    fchmodSync(this.#file, 0o644);
    this.#limit = limit;
  }

  /** What was stored so far. */
  get record(): StreamRecord {
    return { bytes: this.#bytes, truncated: this.#truncated };
  }

  /**
   * The last stored bytes, read from the open file: the job may have put another one in its place. Call it before
   * `close`. Never throws.
   * @param bytes how many at most
   * @param from what comes before this position does not count
   */
  tail(bytes: number, from: number): Buffer {
    const start = Math.max(from, this.#bytes - bytes);
    const tail = Buffer.alloc(Math.max(0, this.#bytes - start));
    try {
      for (let read = 0; read < tail.length; ) {
        const count = readSync(this.#file, tail, read, tail.length - read, start + read);
        if (count === 0) return tail.subarray(0, read);
        read += count;
      }
      return tail;
    } catch {
      return Buffer.alloc(0); // A broken disk: what needs the tail is best effort.
    }
  }

  /** Appends; resolves with the number of bytes stored. Never rejects. Calls must not overlap. */
  async append(chunk: Buffer): Promise<number> {
    if (this.#truncated) return 0;
    const room = this.#limit === 0 ? chunk.length : this.#limit - this.#bytes;
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
    const before = this.#bytes;
    for (let offset = 0; offset < part.length; ) {
      const written = await writeSome(this.#file, part, offset);
      if (typeof written !== 'number') {
        this.#truncate(errorReason(written, writeReasons));
        break;
      }
      offset += written;
      this.#bytes += written;
    }
    if (part.length < chunk.length && !this.#truncated)
      this.#truncate(`it has reached its limit of ${this.#limit} bytes`);
    return this.#bytes - before;
  }

  /** Never throws. Some volumes report a failed write only on close(2) (NFS, quotas). */
  close(): void {
    try {
      closeSync(this.#file);
    } catch (error) {
      this.#truncated = true;
      log(`output may be missing from ${this.#path}: ${errorReason(error, writeReasons)}`);
    }
  }

  #truncate(reason: string): void {
    this.#truncated = true;
    log(`no more output is captured in ${this.#path}: ${reason}; the job continues`);
  }
}
