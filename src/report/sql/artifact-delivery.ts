import { basename } from 'node:path';
import type { Transaction } from 'kysely';
import { DeliveryError } from '../../base/delivery-error.ts';
import { limits } from '../../base/limits.ts';
import { shorten } from '../../base/shorten.ts';
import { nextTurn } from '../../base/timer.ts';
import type { ArtifactRecord, ParameterRecord } from '../../contract/records.ts';
import { type Describe, describeOutputs } from '../../observe/describe-outputs.ts';
import type { JobReport } from '../../observe/job-report.ts';
import { noteOf } from './artifact-note.ts';
import { Changed } from './output-file.ts';
import { lockJob, type SqlJob } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';
import { storedContent } from './stored-content.ts';
import { StoredMarks } from './stored-marks.ts';

/** One output file of the job. `key` identifies it within the job, the same in every process. */
interface Output {
  readonly key: string;
  readonly container: string;
  readonly record: ParameterRecord | ArtifactRecord;
}

/** Small outputs are stored before the job's end, large ones after it. */
export type Size = 'small' | 'large';

/** Stores a job's outputs as rows of `artifacts`, each once: its `note` ends with a mark that identifies the output. */
export class ArtifactDelivery {
  readonly #job: SqlJob;
  readonly #stored: StoredMarks;
  /** The maximum size of one artifact in bytes; null until the database was asked. */
  #room: number | null = null;
  #describe: Describe | null = null;

  constructor(job: SqlJob) {
    this.#job = job;
    this.#stored = new StoredMarks(job.jobId);
  }

  /**
   * Stores the outputs of one size, as recorded by the wrapper.
   * @param advanced called after each output; if it returns false, the others can wait
   * @returns sentences about outputs that the database cannot store
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
    const { database, jobId, spool } = this.#job;
    const refuse = (clause: string) => `Cannot store ${nameOf(output)} in ${database.name}: it ${clause}`;
    if (!file.startsWith('outputs/')) return refuse('is not among the outputs');
    // Asked outside the transaction, which occupies the only connection.
    this.#room ??= await database.artifactBytes();
    const mark = markOf(output);
    if (await this.#stored.has(database.query, mark)) return null;
    const content = await storedContent(spool.volume, output.record, {
      room: this.#room,
      url: this.#job.urlOf?.({ container: output.container, path: file }) ?? null,
    });
    if (content.kind === 'refused') return refuse(content.reason);
    this.#describe ??= await describeOutputs(spool.volume);
    const row = {
      jobId,
      filename: basename(file).slice(0, limits.filenameCharacters),
      contentType: content.contentType,
    };
    const store = (text: string) =>
      this.#within(async (transaction) => {
        if (await this.#stored.has(transaction, mark)) return;
        const note = noteOf(text, mark, content.isText);
        await database.insertArtifact(transaction, { ...row, note }, content.pieces(), content.bytes);
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

  /** The note's column may lack a character of the description; storing the artifact matters more. */
  async #storePlain(error: unknown, text: string, store: (text: string) => Promise<void>): Promise<void> {
    const plain = text.replace(/[^\x20-\x7e]/g, '?');
    if (error instanceof Changed || !this.#job.database.explain(error).isOfValue || plain === text)
      throw error;
    await store(plain);
  }

  #within<T>(act: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.#job.database.query.transaction().execute(async (transaction) => {
      await lockJob(this.#job, transaction);
      return act(transaction);
    });
  }

  /** If the database rejects only this output, the others are still stored. @throws any other failure */
  #sentenceAbout(output: Output, error: unknown): string {
    const failure = error instanceof DeliveryError ? error : this.#job.database.explain(error);
    if (!failure.isOfValue) throw failure;
    return `Cannot store ${nameOf(output)}: ${failure.message}`;
  }
}

function outputsOf(report: JobReport, size: Size): readonly Output[] {
  const all = report.containers.flatMap(({ name, result }) => [
    ...(result?.outputs.parameters ?? []).map((record, index) => ({
      key: `${name}/parameter/${index}`,
      container: name,
      record,
    })),
    ...(result?.outputs.artifacts ?? []).map((record, index) => ({
      key: `${name}/artifact/${index}`,
      container: name,
      record,
    })),
  ]);
  return all.filter(({ record }) => record.bytes > limits.smallArtifactBytes === (size === 'large'));
}

function nameOf({ record: { name, file } }: Output): string {
  return `output "${shorten(name)}" (${shorten(file)})`;
}

function markOf({ key, record }: Output): string {
  return `${key} sha256:${record.sha256.slice(0, 64)}`;
}
