import { sql, type Transaction } from 'kysely';
import type { SqlDatabase } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';

type Query = Pick<Transaction<Tables>, 'selectFrom' | 'selectNoFrom'>;

/**
 * Makes texts fit a column: characters that its character set lacks become U+FFFD, or `?` if it lacks that too. Only the
 * server knows which characters these are.
 */
export class CharsetFit {
  /** What is lost, for the log. */
  readonly sentence: string;
  readonly #charset: string;
  readonly #replacement: string;
  /** By character: the one that is stored instead. */
  readonly #known = new Map<string, string>();

  private constructor(place: string, charset: string, replacement: string) {
    const named = replacement === '?' ? '"?"' : 'U+FFFD';
    this.sentence = `The column ${place} has the character set ${charset}: unsupported characters are stored as ${named}`;
    this.#charset = charset;
    this.#replacement = replacement;
  }

  /** @returns null if the column's character set lacks nothing */
  static async of(
    database: SqlDatabase,
    query: Query,
    table: keyof Tables,
    column: string,
  ): Promise<CharsetFit | null> {
    if (!database.hasCharsets) return null;
    const row = await query
      .selectFrom('information_schema.columns')
      .select('character_set_name as charset')
      .where('table_schema', '=', sql<string>`database()`)
      .where('table_name', '=', table)
      .where('column_name', '=', column)
      .executeTakeFirst();
    const charset = row?.charset ?? '';
    if (charset === 'utf8mb4' || !/^[a-z0-9_]+$/.test(charset)) return null;
    const [held] = await convert(query, [unknown], charset);
    return new CharsetFit(`${table}.${column}`, charset, held === unknown ? unknown : '?');
  }

  /** The text in a form that fits the column. */
  async fit(query: Query, text: string): Promise<string> {
    const found = [...new Set(text.match(/[^\0-\x7f]/gu))].filter((character) => !this.#known.has(character));
    if (found.length > 0) {
      const held = await convert(query, found, this.#charset);
      for (const [index, character] of found.entries())
        this.#known.set(character, held[index] === character ? character : this.#replacement);
    }
    return text.replace(/[^\0-\x7f]/gu, (character) => this.#known.get(character) ?? this.#replacement);
  }
}

/** The replacement character of Unicode. */
const unknown = '\ufffd';

/** Converts characters to a character set and back; `?` for each that it lacks. */
async function convert(
  query: Query,
  characters: readonly string[],
  charset: string,
): Promise<readonly string[]> {
  const text = characters.join('');
  const held = sql<string>`convert(convert(${text} using ${sql.raw(charset)}) using utf8mb4)`;
  const row = await query.selectNoFrom(held.as('held')).executeTakeFirst();
  return [...(row?.held ?? '')];
}
