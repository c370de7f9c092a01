import { isRecord } from '../../base/is-record.ts';
import type { UploadRecord } from '../../stores/upload-record.ts';
import type { Spool } from '../spool/spool.ts';

const name = 'uploads.json';

/** The objects that are being put in parts, in the spool: a reporter that takes over goes on with them. */
export class UploadRecords {
  readonly #spool: Spool;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  get(key: string): UploadRecord | null {
    const found = this.#all()[key];
    return isUpload(found) ? found : null;
  }

  set(key: string, upload: UploadRecord | null): void {
    const { [key]: before, ...others } = this.#all();
    if (upload === null && before === undefined) return;
    this.#spool.writeRecord(name, upload === null ? others : { ...others, [key]: upload });
  }

  #all(): Readonly<Record<string, unknown>> {
    const found = this.#spool.readRecord(name);
    return isRecord(found) ? found : {};
  }
}

function isUpload(found: unknown): found is UploadRecord {
  return (
    isRecord(found) &&
    typeof found['id'] === 'string' &&
    typeof found['bytes'] === 'number' &&
    (found['sha256'] === null || typeof found['sha256'] === 'string') &&
    typeof found['partBytes'] === 'number'
  );
}
