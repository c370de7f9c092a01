import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Transaction } from 'kysely';
import { limits } from '../base/limits.ts';
import { nextTurn } from '../base/timer.ts';
import type { ArtifactRecord, ParameterRecord } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { contentTypeOf } from './content-type.ts';
import type { JobReport } from './job-report.ts';
import { named } from './sentences.ts';
import { DeliveryError } from './sink.ts';
import { lockJob, type SqlDatabase } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';

/** One output file of the job. `key` tells it from all others of the job, the same in every process. */
interface Output {
  readonly key: string;
  readonly record: ParameterRecord | ArtifactRecord;
}

/**
 * Stores every output of the job as a row of `artifacts`, once: `note` holds a mark that says which output it is.
 * Text goes in as it is, everything else as base64.
 *
 * @param advanced called whenever one was looked after; false: the others can wait
 * @returns sentences about outputs that the database cannot take
 */
export async function deliverArtifacts(
  database: SqlDatabase,
  jobId: number,
  report: JobReport,
  volume: Volume,
  advanced: () => boolean,
): Promise<readonly string[]> {
  const outputs = outputsOf(report);
  if (outputs.length === 0) return [];
  const room = (await database.statementBytes()) - statementOverhead;
  const stored = new StoredMarks(jobId);
  const refused: string[] = [];
  for (const output of outputs) {
    const transaction = database.query.transaction().execute(async (transaction) => {
      await lockJob(database, transaction, jobId);
      if (await stored.has(transaction, markOf(output))) return null;
      return store(database, transaction, jobId, output, volume, room);
    });
    const sentence = await transaction.catch((error) => sentenceAbout(database, output, error));
    if (sentence !== null) refused.push(sentence);
    if (!advanced()) break;
    await nextTurn();
  }
  return refused;
}

/**
 * The marks of what is stored. Each row is read once: a job may have any number of them, and SQLite has no index on
 * their job.
 */
class StoredMarks {
  readonly #jobId: number;
  readonly #marks = new Set<string>();
  /** The highest id that was read. Who stores for this job holds the lock of its row, so that ids come in order. */
  #last = 0;

  constructor(jobId: number) {
    this.#jobId = jobId;
  }

  /** @param transaction one that has locked the job's row */
  async has(transaction: Transaction<Tables>, mark: string): Promise<boolean> {
    const rows = await transaction
      .selectFrom('artifacts')
      .select(['id', 'note'])
      .where('job_id', '=', this.#jobId)
      .where('id', '>', this.#last)
      .where('note', 'like', `${markStart}%`)
      .orderBy('id')
      .execute();
    for (const { id, note } of rows) {
      this.#marks.add((note ?? '').replace(encoded, ''));
      this.#last = id;
    }
    return this.#marks.has(mark);
  }
}

/** Where the database refuses this one output, the others are stored all the same. @throws whatever else it is */
function sentenceAbout(database: SqlDatabase, output: Output, error: unknown): string {
  const failure = error instanceof DeliveryError ? error : database.explain(error);
  if (!failure.isOfValue) throw failure;
  return `${nameOf(output)} was not stored: ${failure.message}`;
}

/** Bytes of the statement around the artifact: its names, type and note. */
const statementOverhead = 4096;

function outputsOf(report: JobReport): readonly Output[] {
  return report.containers.flatMap(({ name, result }) => [
    ...(result?.outputs.parameters ?? []).map((record, index) => ({
      key: `${name}/parameter/${index}`,
      record,
    })),
    ...(result?.outputs.artifacts ?? []).map((record, index) => ({
      key: `${name}/artifact/${index}`,
      record,
    })),
  ]);
}

const markStart = 'emissary ';
/** What follows the mark where the artifact is not text. */
const encoded = '; base64';

function nameOf({ record: { name, file } }: Output): string {
  return `Output "${named(name)}" (${named(file)})`;
}

function markOf({ key, record }: Output): string {
  return `${markStart}${key} sha256:${record.sha256.slice(0, 64)}`;
}

async function store(
  database: SqlDatabase,
  transaction: Transaction<Tables>,
  jobId: number,
  output: Output,
  volume: Volume,
  room: number,
): Promise<string | null> {
  const { file } = output.record;
  const refuse = (clause: string) => `${nameOf(output)} was not stored in ${database.name}: it ${clause}`;
  if (!file.startsWith('outputs/')) return refuse('is not among the outputs');
  const tooLarge = `is larger than one row can be (${Math.max(0, room)} bytes)`;
  if (room <= 0) return refuse(tooLarge);
  const look = volume.read(file, Math.min(limits.artifactBytes, room));
  if (look.kind === 'absent') return refuse('is not there');
  if (look.kind === 'refused' && look.passes === 'soon')
    throw new DeliveryError(refuse(look.reason), { permanent: false });
  if (look.kind === 'refused') return refuse(look.reason);
  const { bytes } = look;
  if (createHash('sha256').update(bytes).digest('hex') !== output.record.sha256) {
    return refuse('is not what the wrapper saved: its SHA-256 differs');
  }
  // MariaDB and SQLite take a NUL in a text; much that reads it does not.
  const isText = isUtf8(bytes) && !bytes.includes(0);
  const artifact = bytes.toString(isText ? 'utf8' : 'base64');
  if (database.bytesOf(artifact) > room) return refuse(tooLarge);
  await transaction
    .insertInto('artifacts')
    .values({
      job_id: jobId,
      filename: basename(file).slice(0, limits.filenameCharacters),
      content_type: contentTypeOf(file, isText),
      artifact,
      created_at: database.now,
      note: `${markOf(output)}${isText ? '' : encoded}`,
    })
    .execute();
  return null;
}
