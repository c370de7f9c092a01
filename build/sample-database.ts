import { DatabaseSync } from 'node:sqlite';
import { seedStatements, sqliteTables } from './multiflexi-schema.ts';

/**
 * `npm run --silent sample-database -- FILE`: creates an SQLite file with MultiFlexi's tables and job 1, which has
 * not started. The examples in `images/examples` report to it. Existing content is kept.
 */
const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('Usage: npm run --silent sample-database -- sample.sqlite\n');
  process.exitCode = 2;
} else {
  try {
    using database = new DatabaseSync(file);
    for (const statement of [...sqliteTables, ...seedStatements(1)]) database.exec(statement);
  } catch (error) {
    process.stderr.write(`${file}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
