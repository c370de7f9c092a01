import { isRecord } from '../../base/is-record.ts';
import type { ArtifactRecord } from '../../contract/records.ts';
import type { UploadRecord } from '../../stores/upload-record.ts';
import type { Spool } from '../spool/spool.ts';

/** What the spool knows of an artifact that is put to a store: `artifact-N.json`. */
export class PutRecord {
  readonly #spool: Spool;
  readonly #name: string;
  readonly #sha256: string;

  /** @param index of the artifact in the template */
  constructor(spool: Spool, index: number, { sha256 }: ArtifactRecord) {
    this.#spool = spool;
    this.#name = `artifact-${index}.json`;
    this.#sha256 = sha256;
  }

  /** Whether the store has it. */
  get isPut(): boolean {
    const known = this.#spool.readRecord(this.#name);
    return isRecord(known) && known['put'] === this.#sha256;
  }

  /** What an earlier process left; null: nothing. */
  get upload(): UploadRecord | null {
    const known = this.#spool.readRecord(this.#name);
    if (!isRecord(known) || !isRecord(known['upload'])) return null;
    const { id, bytes, sha256, partBytes } = known['upload'];
    if (typeof id !== 'string' || typeof bytes !== 'number' || typeof partBytes !== 'number') return null;
    return { id, bytes, sha256: typeof sha256 === 'string' ? sha256 : null, partBytes };
  }

  keep(upload: UploadRecord | null): void {
    this.#spool.writeRecord(this.#name, { upload });
  }

  put(): void {
    this.#spool.writeRecord(this.#name, { put: this.#sha256 });
  }
}
