import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { databasePassword, type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { makeSqlite } from '../helpers/sqlite.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { logIsWhole, showPage } from './browser.ts';

let server: Mariadb;
before(async () => {
  server = await startMariadb();
});
after(() => server.stop());

const jobId = 7;

/** A database with one job, whose reader may do no more than read. */
interface Stored {
  /** For the reporter, */
  readonly url: string;
  /** and for whoever looks. */
  readonly reader: string;
  query(text: string): Promise<readonly Record<string, unknown>[]>;
}

const databases: Readonly<Record<string, (t: TestContext) => Promise<Stored>>> = {
  SQLite: async (t) => {
    const directory = temporaryVolume(t);
    const database = makeSqlite(directory, jobId);
    return { url: database.url, reader: database.url, query: async (text) => database.query(text) };
  },
  MariaDB: async () => {
    await server.addJob(jobId);
    await server.query(`create or replace user reader@'127.0.0.1' identified by '${databasePassword}'`);
    for (const table of ['job', 'job_output_lines', 'artifacts'])
      await server.query(`grant select on multiflexi.${table} to reader@'127.0.0.1'`);
    const reader = server.url.replace('//reporter:', '//reader:');
    return { url: server.url, reader, query: (text) => server.query(text) };
  },
};

const fill = `
printf 'name,amount\\n"Müller, Ltd",3\\n' > table.csv
printf '{"status":"ok"}' > report.json
head -c 700000 /dev/zero | tr '\\0' '\\377' > picture.png
i=0; while [ $i -lt 1500 ]; do echo "line $i Příliš"; i=$((i+1)); done
head -c 200000 /dev/zero | tr '\\0' x; echo
sleep 0.5; echo 'an <b>error</b>' >&2; printf 'no line break'; exit 9`;

for (const [name, open] of Object.entries(databases))
  test(`page --job shows a job that ${name} has, to who may only read it`, async (t) => {
    const { url, reader, query } = await open(t);
    const cwd = temporaryVolume(t);
    const artifact = (each: string, file: string) => ({
      name: each,
      path: join(cwd, file),
      archive: { none: {} },
    });
    const artifacts = [
      artifact('table', 'table.csv'),
      artifact('resultFile', 'report.json'),
      artifact('picture', 'picture.png'),
    ];
    const { kept } = await runJob(t, ['sh', '-c', fill], { cwd, template: { outputs: { artifacts } } });
    const env = { MULTIFLEXI_JOB_ID: String(jobId), MULTIFLEXI_DATABASE_URL: url };
    assert.equal((await emissary(['wait'], { root: kept.root, env })).status, 0);
    const before = JSON.stringify(await query('select * from job'));
    const downloads = temporaryVolume(t);
    const source = { args: ['--job', String(jobId)], env: { MULTIFLEXI_DATABASE_URL: reader } };
    const shown = await showPage(t, source, { downloads });
    if (shown === null) return;
    const { page } = shown;
    await logIsWhole(shown, '1,503 lines');
    assert.equal(await page.title(), 'Job 7');
    assert.equal(await shown.verdict(), 'Failed with exit code 9');
    assert.equal((await shown.lines()).at(-1), 'no line break');
    for (const stream of ['stdout', 'stderr'] as const) {
      await (await page.$(`aria/Download ${stream}[role="button"]`))?.click();
      const { readFileSync } = await import('node:fs');
      const file = join(downloads, `job-${stream}.txt`);
      await until('it is downloaded', () => readFileSync(file).length > 0);
      assert.ok(readFileSync(file).equals(kept.bytes(stream)), stream);
    }
    await page.$$eval('details', (all) => {
      for (const each of all) each.open = true;
    });
    const hashes = await page.$$eval('.hash', (all) => all.map(({ textContent }) => textContent));
    assert.deepEqual(
      hashes.toSorted(),
      kept
        .result()
        .outputs.artifacts.map(({ sha256 }) => sha256)
        .toSorted(),
    );
    const cells = await page.$$eval('td', (all) => all.map(({ textContent }) => textContent));
    assert.deepEqual(cells, ['Müller, Ltd', '3']);
    assert.match((await page.$eval('.card', (card) => card.textContent)) ?? '', /status.*ok/);
    const picture = await page.$eval('img', ({ src }) => src);
    assert.equal(picture, `data:image/png;base64,${Buffer.alloc(700_000, 255).toString('base64')}`);
    assert.equal(JSON.stringify(await query('select * from job')), before);
  });

test('page --job of rows that others have written, and of a job that has not begun', async (t) => {
  const database = makeSqlite(temporaryVolume(t), 7, 8);
  for (const [type, line] of [
    ['stdout', 'one\n'],
    ['success', 'two\n'],
    ['stderr', '</script><script>document.title = 1</script>\n'],
  ] as const)
    database.query('insert into job_output_lines (job_id, seq, type, line) values (7, 0, ?, ?)', type, line);
  database.query(
    "insert into artifacts (job_id, filename, artifact, note) values (7, 'a.txt', 'text', null)",
  );
  database.query(
    `update job set begin = '2026-01-01 10:00:00', schedule = '2026-01-01 09:59:00' where id = 7`,
  );
  chmodSync(database.path, 0o444);
  const env = { MULTIFLEXI_DATABASE_URL: database.url };
  const shown = await showPage(t, { args: ['--job', '7'], env });
  if (shown === null) return;
  await logIsWhole(shown, '3 lines');
  assert.equal(await shown.verdict(), 'Running');
  assert.deepEqual(await shown.lines(), ['one', 'two', '</script><script>document.title = 1</script>']);
  const phases = await shown.page.$$eval('.phase-name', (all) => all.map(({ textContent }) => textContent));
  assert.deepEqual(phases, ['queued', 'running']);
  assert.deepEqual([shown.troubles, shown.requests], [[], []]);
  const other = await showPage(t, { args: ['--job', '8'], env });
  assert.equal(await other?.verdict(), 'Waiting');
});

test('page --job needs no more than a password that is right, and shows none', async (t) => {
  const wrong = server.url.replace(databasePassword, 'wr0ng-s3cret');
  const file = join(temporaryVolume(t), 'url');
  writeFileSync(file, wrong);
  const env = { MULTIFLEXI_DATABASE_URL_FILE: file };
  const { status, stderr } = await emissary(['page', '--job', '7'], { env });
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Cannot read the database multiflexi at 127[^\n]*rejected[^\n]*\n$/);
  assert.ok(!stderr.includes('s3cret'));
});
