import { basename } from 'node:path';
import type { Transaction } from 'kysely';
import { DeliveryError } from '../../base/delivery-error.ts';
import { limits } from '../../base/limits.ts';
import { named } from '../../base/sentences.ts';
import { nextTurn } from '../../base/timer.ts';
import type { ArtifactRecord, ParameterRecord } from '../../contract/records.ts';
import type { Volume } from '../../contract/volume.ts';
import { type Describe, describeOutputs } from '../../observe/describe-outputs.ts';
import type { JobReport } from '../../observe/job-report.ts';
import { noteOf } from './artifact-note.ts';
import { contentTypeOf } from './content-type.ts';
import { Changed, lookAtOutput } from './output-file.ts';
import { lockJob, type SqlDatabase } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';
import { StoredMarks } from './stored-marks.ts';

/** One output file of the job. `key` tells it from all others of the job, the same in every process. */
interface Output {
  readonly key: string;
  readonly record: ParameterRecord | ArtifactRecord;
}

/** What is stored before the job's end, and what after it. */
export type Size = 'small' | 'large';

/** Stores a job's outputs as rows of `artifacts`, each once: its `note` ends with a mark that says which output it is. */
export class ArtifactDelivery {
  readonly #database: SqlDatabase;
  readonly #jobId: number;
  readonly #volume: Volume;
  readonly #stored: StoredMarks;
  /** Bytes of one at the most; null until the database was asked. */
  #room: number | null = null;
  #describe: Describe | null = null;

  constructor(database: SqlDatabase, jobId: number, volume: Volume) {
    this.#database = database;
    this.#jobId = jobId;
    this.#volume = volume;
    this.#stored = new StoredMarks(jobId);
  }

  /**
   * Stores the outputs of one size, by what the wrapper recorded.
   * @param advanced called whenever one was looked after; false: the others can wait
   * @returns sentences about outputs that the database cannot take
   */
  async deliver(report: JobReport, size: Size, advanced: () => boolean): Promise<readonly string[]> {
    const refused: string[] = [];
    for (const output of outputsOf(report, size)) {
      const sentence = await this.#deliverOne(output).catch((error) => this.#sentenceAbout(output, error));
      if (sentence !== null) refused.push(sentence);
      if (!advanced()) break;
      await nextTurn();
    }
    return refused;
  }

  async #deliverOne(output: Output): Promise<string | null> {
    const { file } = output.record;
    const refuse = (clause: string) =>
      `${nameOf(output)} was not stored in ${this.#database.name}: it ${clause}`;
    if (!file.startsWith('outputs/')) return refuse('is not among the outputs');
    // Asked outside of the transaction, which has the only connection.
    this.#room ??= await this.#database.artifactBytes();
    const mark = markOf(output);
    if (await this.#stored.has(this.#database.query, mark)) return null;
    const found = await lookAtOutput(this.#volume, file, output.record.sha256);
    if (found.kind === 'refused') return refuse(found.reason);
    if (found.bytes > this.#room) return refuse(tooLarge(found.bytes, found.isText, this.#room));
    this.#describe ??= await describeOutputs(this.#volume);
    const row = {
      jobId: this.#jobId,
      filename: basename(file).slice(0, limits.filenameCharacters),
      contentType: contentTypeOf(file, found.isText),
    };
    const store = (text: string) =>
      this.#within(async (transaction) => {
        if (await this.#stored.has(transaction, mark)) return;
        const note = noteOf(text, mark, found.isText);
        await this.#database.insertArtifact(transaction, { ...row, note }, found.pieces(), found.bytes);
      });
    const text = this.#describe(output.record);
    try {
      await store(text).catch((error) => this.#storePlain(error, text, store));
    } catch (error) {
      if (error instanceof Changed) return refuse(error.message);
      throw error;
    }
    return null;
  }

  /** The note's column may not have a character of the description; the artifact is what matters. */
  async #storePlain(error: unknown, text: string, store: (text: string) => Promise<void>): Promise<void> {
    const plain = text.replace(/[^\x20-\x7e]/g, '?');
    if (error instanceof Changed || !this.#database.explain(error).isOfValue || plain === text) throw error;
    await store(plain);
  }

  #within<T>(act: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.#database.query.transaction().execute(async (transaction) => {
      await lockJob(this.#database, transaction, this.#jobId);
      return act(transaction);
    });
  }

  /** Where the database refuses this one output, the others are stored all the same. @throws whatever else it is */
  #sentenceAbout(output: Output, error: unknown): string {
    const failure = error instanceof DeliveryError ? error : this.#database.explain(error);
    if (!failure.isOfValue) throw failure;
    return `${nameOf(output)} was not stored: ${failure.message}`;
  }
}

function outputsOf(report: JobReport, size: Size): readonly Output[] {
  const all = report.containers.flatMap(({ name, result }) => [
    ...(result?.outputs.parameters ?? []).map((record, index) => ({
      key: `${name}/parameter/${index}`,
      record,
    })),
    ...(result?.outputs.artifacts ?? []).map((record, index) => ({
      key: `${name}/artifact/${index}`,
      record,
    })),
  ]);
  return all.filter(({ record }) => record.bytes > limits.smallArtifactBytes === (size === 'large'));
}

function nameOf({ record: { name, file } }: Output): string {
  return `Output "${named(name)}" (${named(file)})`;
}

function markOf({ key, record }: Output): string {
  return `${key} sha256:${record.sha256.slice(0, 64)}`;
}

function tooLarge(bytes: number, isText: boolean, room: number): string {
  const size = `${bytes} bytes${isText ? '' : ' as base64'}`;
  return `is larger than one row can be (${size} of ${Math.max(0, room)})`;
}
