import { type RawBuilder, sql } from 'kysely';
import { DeliveryError } from '../../base/delivery-error.ts';
import { limits } from '../../base/limits.ts';
import { readNote } from './artifact-note.ts';
import type { SqlDatabase } from './sql-database.ts';

/** The row of a job. Times are ms since 1970. */
export interface StoredRow {
  readonly scheduledAt: number | null;
  readonly begin: number | null;
  readonly end: number | null;
  readonly exitCode: number | null;
}

/** A row of the output, without its text. */
export interface StoredLine {
  readonly id: number;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: number;
  /** When it was stored, ms since 1970. */
  readonly time: number;
}

/** A stored output file, without its content. */
export interface StoredArtifact {
  readonly id: number;
  readonly filename: string;
  readonly note: string;
  readonly isBase64: boolean;
  /** Of the file. */
  readonly bytes: number;
  /** Null: unknown. */
  readonly sha256: string | null;
}

/** Reads what MultiFlexi's tables have of a job: it needs no right but SELECT on `job`, `job_output_lines` and `artifacts`. */
export class StoredJob {
  readonly #database: SqlDatabase;
  readonly #jobId: number;

  constructor(database: SqlDatabase, jobId: number) {
    this.#database = database;
    this.#jobId = jobId;
  }

  /** @throws DeliveryError, also if there is no such job */
  async row(): Promise<StoredRow> {
    const { name } = this.#database;
    const row = await this.#asked(({ query, msOf }) =>
      query
        .selectFrom('job')
        .select(({ ref }) => [
          'exitcode',
          msOf(ref('schedule')).as('scheduledAt'),
          msOf(ref('begin')).as('begin'),
          msOf(ref('end')).as('end'),
        ])
        .where('id', '=', this.#jobId)
        .executeTakeFirst(),
    );
    if (row === undefined)
      throw new DeliveryError(`There is no job ${this.#jobId} in ${name}`, { permanent: true });
    return {
      scheduledAt: numberOf(row.scheduledAt),
      begin: numberOf(row.begin),
      end: numberOf(row.end),
      exitCode: row.exitcode,
    };
  }

  /** The rows of the output in their order, whoever has written them. @throws DeliveryError */
  async lines(): Promise<readonly StoredLine[]> {
    const lines: StoredLine[] = [];
    for (let [seq, id] = [-1, -1]; ; ) {
      const rows = await this.#asked(({ query, msOf, utf8BytesOf }) =>
        query
          .selectFrom('job_output_lines')
          .select(({ ref }) => [
            'id',
            'seq',
            'type',
            utf8BytesOf(ref('line')).as('bytes'),
            msOf(ref('created_at')).as('time'),
          ])
          .where('job_id', '=', this.#jobId)
          .where(({ eb, or, and }) =>
            or([eb('seq', '>', seq), and([eb('seq', '=', seq), eb('id', '>', id)])]),
          )
          .orderBy('seq')
          .orderBy('id')
          .limit(limits.storedRowsAtOnce)
          .execute(),
      );
      const last = rows.at(-1);
      if (last === undefined) return lines;
      [seq, id] = [last.seq, last.id];
      for (const row of rows)
        lines.push({
          id: row.id,
          stream: row.type === 'stderr' ? 'stderr' : 'stdout',
          bytes: numberOf(row.bytes) ?? 0,
          time: numberOf(row.time) ?? 0,
        });
    }
  }

  /** The texts of these rows, one after the other. @throws DeliveryError */
  async *texts(lines: readonly StoredLine[]): AsyncGenerator<Buffer> {
    for (let from = 0; from < lines.length; ) {
      let until = from;
      for (let bytes = 0; until < lines.length && until - from < limits.storedRowsAtOnce; until += 1) {
        bytes += lines[until]?.bytes ?? 0;
        if (bytes > limits.storedBytesAtOnce && until > from) break;
      }
      const ids = lines.slice(from, until).map(({ id }) => id);
      const rows = await this.#asked(({ query }) =>
        query.selectFrom('job_output_lines').select(['id', 'line']).where('id', 'in', ids).execute(),
      );
      const texts = new Map(rows.map(({ id, line }) => [id, line]));
      yield Buffer.from(ids.map((id) => texts.get(id) ?? '').join(''));
      from = until;
    }
  }

  /** The output files. @throws DeliveryError */
  async artifacts(): Promise<readonly StoredArtifact[]> {
    const rows = await this.#asked(({ query, utf8BytesOf }) =>
      query
        .selectFrom('artifacts')
        .select(({ ref }) => [
          'id',
          'filename',
          'note',
          utf8BytesOf(ref('artifact')).as('bytes'),
          endOf('artifact').as('ending'),
        ])
        .where('job_id', '=', this.#jobId)
        .orderBy('id')
        .limit(limits.pageOutputs)
        .execute(),
    );
    return rows.map(({ id, filename, note, bytes, ending }) => {
      const { text, isBase64, sha256 } = readNote(note ?? '');
      const stored = numberOf(bytes) ?? 0;
      const padding = /=*$/.exec(ending ?? '')?.[0].length ?? 0;
      return {
        id,
        filename: filename ?? `artifact ${id}`,
        note: text,
        isBase64,
        bytes: isBase64 ? (stored / 4) * 3 - padding : stored,
        sha256,
      };
    });
  }

  /** The beginning of an output file. @param most bytes @throws DeliveryError */
  async content({ id, isBase64 }: StoredArtifact, most: number): Promise<Buffer> {
    const characters = isBase64 ? Math.ceil(most / 3) * 4 : most;
    let text = '';
    while (text.length < characters) {
      const count = Math.min(characters - text.length, limits.storedCharactersAtOnce);
      const row = await this.#asked(({ query }) =>
        query
          .selectFrom('artifacts')
          .select(sql<string | null>`substr(artifact, ${text.length + 1}, ${count})`.as('part'))
          .where('id', '=', id)
          .executeTakeFirst(),
      );
      const part = row?.part ?? '';
      if (part === '') break;
      text += part;
    }
    return Buffer.from(text, isBase64 ? 'base64' : 'utf8').subarray(0, most);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #asked<T>(ask: (database: SqlDatabase) => Promise<T>): Promise<T> {
    try {
      return await ask(this.#database);
    } catch (error) {
      throw this.#database.explain(error);
    }
  }
}

function endOf(column: 'artifact'): RawBuilder<string | null> {
  return sql<string | null>`substr(${sql.ref(column)}, -2)`;
}

/** MariaDB gives decimal numbers as text. */
function numberOf(value: unknown): number | null {
  const number = value === null || value === undefined ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}
