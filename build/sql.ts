import { DatabaseSync } from 'node:sqlite';

/**
 * `npm run --silent sql -- FILE QUERY`: runs one query on an SQLite file, for machines without sqlite3. Prints one
 * row per line, columns separated by `|`, as sqlite3 does.
 */
const [file, query] = process.argv.slice(2);
if (file === undefined || query === undefined) {
  process.stderr.write("Usage: npm run --silent sql -- multiflexi.sqlite 'select * from job'\n");
  process.exitCode = 2;
} else {
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    for (const row of database.prepare(query).iterate())
      process.stdout.write(`${Object.values(row).join('|')}\n`);
  } catch (error) {
    process.stderr.write(`${file}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
