import { limits } from '../../base/limits.ts';
import { shorten } from '../../base/shorten.ts';
import type { JobReport } from '../../observe/job-report.ts';
import type { ResultsStore } from '../../settings/destinations/results-store.ts';
import { abortUpload } from '../../stores/abort-upload.ts';
import { type ObjectStore, type StoredObject, StoreError } from '../../stores/object-store.ts';
import { Pace } from '../../stores/pace.ts';
import { putObject } from '../../stores/put-object.ts';
import type { UploadRecord } from '../../stores/upload-record.ts';
import { reportRecord } from '../spool/find-report.ts';
import type { Spool } from '../spool/spool.ts';
import type { PutProgress } from './put-progress.ts';
import { resultFiles, type StoredFile } from './result-files.ts';
import { resultKey, resultPrefix } from './result-key.ts';
import { UploadRecords } from './upload-records.ts';
import { VolumeSource } from './volume-source.ts';

/** What is stored, and where. */
export interface StoreJob {
  readonly results: ResultsStore;
  readonly jobId: number;
  /** Bytes of one captured stream; 0 = no limit. */
  readonly logLimit: number;
  readonly spool: Spool;
}

/** Puts the files of one job that the store does not have. */
export class StoreDelivery {
  readonly #store: ObjectStore;
  readonly #job: StoreJob;
  readonly #uploads: UploadRecords;
  readonly #pace = new Pace();
  readonly #progress: PutProgress;
  readonly #advanced: () => void;
  readonly #signal: AbortSignal;
  readonly #bytes = new Map<string, number>();
  /** Files that the store has refused, whether for their own sake or for the credentials'. */
  readonly #refusals: StoreError[] = [];
  /** What was there before: null where the store does not list it, or would list the files of other jobs, too. */
  #before: ReadonlyMap<string, StoredObject> | null = null;

  constructor(
    store: ObjectStore,
    job: StoreJob,
    {
      progress,
      advanced,
      signal,
    }: { readonly progress: PutProgress; readonly advanced: () => void; readonly signal: AbortSignal },
  ) {
    this.#store = store;
    this.#job = job;
    this.#uploads = new UploadRecords(job.spool);
    this.#progress = progress;
    this.#advanced = advanced;
    this.#signal = signal;
  }

  /** Why it has to try again; null: all is well. */
  get trouble(): StoreError | null {
    return this.#pace.trouble;
  }

  /** Bytes of a file that the store has. */
  bytesOf(path: string): number {
    return this.#bytes.get(path) ?? 0;
  }

  /**
   * Small files go several at a time, large ones one after the other, since each has parts of its own.
   * @returns sentences about files that cannot be stored
   */
  async putFiles(report: JobReport): Promise<readonly string[]> {
    const { jobId, logLimit, results } = this.#job;
    const prefix = resultPrefix(results.key, jobId);
    this.#before = prefix === null ? null : await this.#list(prefix);
    const files = resultFiles(report, logLimit);
    const refused: string[] = [];
    const large: StoredFile[] = [];
    const queue = files.values();
    const lane = async () => {
      for (const file of queue) if ((await this.#put(file, refused, false)) === 'large') large.push(file);
    };
    await settled(Array.from({ length: limits.storeRequests }, lane));
    for (const file of large) await this.#put(file, refused, true);
    return refused;
  }

  async putReport(report: JobReport): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(report, null, 2)}\n`);
    const key = resultKey(this.#job.results.key, this.#job.jobId, { container: null, path: reportRecord });
    await putObject(this.#store, key, bufferSource(bytes), {
      about: { type: 'application/json', sha256: null },
      pace: this.#pace,
      upload: null,
      keep: null,
      advanced: this.#advanced,
      signal: this.#signal,
    });
  }

  async #put(file: StoredFile, refused: string[], mayBeLarge: boolean): Promise<'large' | 'done'> {
    const cannot = (reason: string) => refused.push(`Cannot store "${shorten(file.path)}": ${reason}`);
    const refuse = (clause: string) => cannot(`it ${clause}`);
    const isOutput = file.path.startsWith('outputs/');
    if (!isOutput && !file.path.startsWith('ctr/')) {
      refuse('is not among the outputs');
      return 'done';
    }
    const source = VolumeSource.open(this.#job.spool.volume, file.path, file.most);
    if (source === null) {
      if (isOutput) refuse('does not exist');
      return 'done';
    }
    if (typeof source === 'string') {
      refuse(source);
      return 'done';
    }
    try {
      if (!mayBeLarge && source.bytes > limits.storePartBytes) return 'large';
      await this.#putSource(file, source);
      if (source.isCut) refuse(`has more bytes than the ${file.most} that are stored`);
    } catch (error) {
      // Anything else is the store's failure.
      if (!(error instanceof StoreError) || !this.#isOfFile(error)) throw error;
      cannot(error.message);
    } finally {
      source.close();
    }
    return 'done';
  }

  /**
   * Whether a failure is of one file alone. A server of HTTP may refuse a name, such as `.htaccess`: a job must not prevent its
   * report by that. Where the credentials are refused, the first files are all refused, or in the end the report is. Other
   * stores take any name.
   */
  #isOfFile(error: StoreError): boolean {
    if (error.kind === 'invalid') return true;
    if (error.kind !== 'refused' || !/^https?:$/.test(this.#job.results.address.protocol)) return false;
    this.#refusals.push(error);
    return this.#bytes.size > 0 || this.#refusals.length < limits.storeRefusals;
  }

  async #putSource(file: StoredFile, source: VolumeSource): Promise<void> {
    const key = resultKey(this.#job.results.key, this.#job.jobId, file);
    const sha256 = file.sha256 ?? (await source.sha256());
    const context = {
      about: { type: file.type, sha256 },
      pace: this.#pace,
      upload: this.#uploads.get(key),
      keep: (upload: UploadRecord | null) => this.#uploads.set(key, upload),
      advanced: this.#progress.attempt(key, this.#advanced),
      signal: this.#signal,
    };
    if (!this.#progress.isFinished(key, sha256)) {
      const isThere = await this.#has(key, source.bytes, sha256);
      if (isThere) await abortUpload(this.#store, key, context);
      else await putObject(this.#store, key, source, context);
      this.#progress.finish(key, sha256);
    }
    this.#bytes.set(file.path, source.bytes);
  }

  /** Its credentials may allow to put, and not to ask: then it is put. */
  async #has(key: string, bytes: number, sha256: string): Promise<boolean> {
    if (this.#before !== null && this.#before.get(key)?.size !== bytes) return false;
    try {
      const found = await this.#pace.run(() => this.#store.head(key, this.#signal), this.#signal);
      return found?.size === bytes && found.sha256 === sha256;
    } catch (error) {
      if (error instanceof StoreError && ['refused', 'invalid'].includes(error.kind)) return false;
      throw error;
    }
  }

  /** Its credentials may allow to put, and not to list. */
  async #list(prefix: string): Promise<ReadonlyMap<string, StoredObject> | null> {
    const list = async () => {
      const found = new Map<string, StoredObject>();
      for await (const object of this.#store.list(prefix, this.#signal)) found.set(object.key, object);
      return found;
    };
    return this.#pace.run(list, this.#signal).catch((error) => {
      if (error instanceof StoreError && ['refused', 'invalid'].includes(error.kind)) return null;
      throw error;
    });
  }
}

function bufferSource(bytes: Buffer) {
  return {
    bytes: bytes.length,
    read: async (into: Buffer, start: number) => void bytes.copy(into, 0, start),
  };
}

/** Waits for all of them, and throws what the first failed one did. */
async function settled(lanes: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
}
