import { DatabaseSync } from 'node:sqlite';
import { seedStatements, sqliteTables } from './multiflexi-schema.ts';

/**
 * `npm run --silent sample-database -- FILE`: makes an SQLite file with the tables of MultiFlexi and job 1, which has
 * not begun: what the examples in `images/examples` report to. What a file holds already is left as it is.
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
