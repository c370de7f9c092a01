import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { displace } from '../../base/displace.ts';
import { messageOf } from '../../base/fault.ts';
import { log } from '../../base/log.ts';
import { noRoomReason } from '../../base/no-room.ts';
import type { StreamRecord } from '../../contract/records.ts';
import { writeSome } from './write-some.ts';

/**
 * One captured file. Takes bytes until its limit or until the volume refuses them; from then on it counts as truncated
 * and takes no more, and the job goes on.
 */
export class LogFile {
  readonly #path: string;
  readonly #file: number;
  readonly #limit: number;
  #bytes = 0;
  #truncated = false;

  /**
   * @param limit bytes; 0 = none
   * @throws the operating system's error when the file cannot be made
   */
  constructor(path: string, limit: number) {
    // A leftover may belong to another user, or be a link: it is never opened.
    displace(path);
    this.#path = path;
    this.#file = openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND,
      0o644,
    );
    fchmodSync(this.#file, 0o644);
    this.#limit = limit;
  }

  /** What was kept so far. */
  get record(): StreamRecord {
    return { bytes: this.#bytes, truncated: this.#truncated };
  }

  /** Appends; resolves with the bytes that were kept. Never rejects. Calls must not overlap. */
  async append(chunk: Buffer): Promise<number> {
    if (this.#truncated) return 0;
    const room = this.#limit === 0 ? chunk.length : this.#limit - this.#bytes;
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
    const before = this.#bytes;
    for (let offset = 0; offset < part.length; ) {
      const written = await writeSome(this.#file, part, offset);
      if (typeof written !== 'number') {
        this.#truncate(noRoomReason(written) ?? messageOf(written));
        break;
      }
      offset += written;
      this.#bytes += written;
    }
    if (part.length < chunk.length && !this.#truncated)
      this.#truncate(`it has reached its limit of ${this.#limit} bytes`);
    return this.#bytes - before;
  }

  /** Never throws. Some volumes tell only now that they have not taken all of it (close(2): NFS, a quota). */
  close(): void {
    try {
      closeSync(this.#file);
    } catch (error) {
      this.#truncated = true;
      log(`not all output may be in ${this.#path}: ${noRoomReason(error) ?? messageOf(error)}`);
    }
  }

  #truncate(reason: string): void {
    this.#truncated = true;
    log(`no more output is kept in ${this.#path}: ${reason}; the job goes on`);
  }
}
