import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { execa } from 'execa';
import { npmStart } from '../helpers/npm-start.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
const lines = 'select seq, type, line from job_output_lines order by seq';

test('npm start runs the sample and stores its row, lines and artifacts', async (t) => {
  const start = await npmStart(t, []);
  const { exitCode, stdout } = await start.process;
  assert.equal(exitCode, 0, start.shown());
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: object };
  const count = Object.keys(packages).length - 1;

  const [job, ...others] = start.rows('select * from job');
  assert.deepEqual(others, []);
  assert.partialDeepStrictEqual(job, {
    exitcode: 0,
    app_version: version,
    executor: 'Native',
    schedule_type: 'adhoc',
  });
  assert.ok(Number(job?.['pid']) > 0);
  const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
  assert.match(String(job?.['begin']), time);
  assert.match(String(job?.['end']), time);

  const stored = start.rows(lines);
  assert.deepEqual(
    stored.map(({ seq }) => seq),
    stored.map((_, index) => index + 1),
  );
  const out = stored.filter(({ type }) => type === 'stdout').map(({ line }) => line);
  assert.equal(out.length, count + 2);
  assert.ok(stdout.startsWith(out.join('')), 'the output is passed through as it is stored');

  const artifacts = start.rows('select filename, artifact, content_type from artifacts order by filename');
  assert.deepEqual(
    artifacts.map(({ filename }) => filename),
    ['licence-audit.json', 'licences.csv', 'licences.tgz', 'package-count'],
  );
  const report = artifacts.find(({ filename }) => filename === 'licence-audit.json');
  assert.partialDeepStrictEqual(JSON.parse(String(report?.['artifact'])), {
    producer: 'licence-audit',
    metrics: { packages: count },
  });
  assert.deepEqual(start.left(), []);
});

test('npm start prints the verdict, the row, the lines, the artifacts, and how to see more', async (t) => {
  const start = await npmStart(t, []);
  const { stdout } = await start.process;
  const [, summary = ''] = stdout.split(/\n\n(?=verdict)/);
  assert.match(summary, /^verdict {4}succeeded, exit code 0 after \d+\.\d\d s$/m);
  assert.match(summary, /^job row {4}begin \S+ \S+, end \S+ \S+, exitcode 0, pid \d+, app_version /m);
  assert.ok(summary.includes(`, app_version ${version} (job 1 in `));
  assert.match(summary, /^lines {6}\d+ \(\d+ stdout, \d+ stderr\)$/m);
  assert.match(summary, /^parameter {2}package-count = \d+$/m);
  assert.match(summary, /^artifact {3}licences\.csv, [\d.]+ kB, text\/csv$/m);
  assert.match(summary, /^artifact {3}licences\.tgz, [\d.]+ k?B, application\/(gzip|x-gtar-compressed)$/m);
  assert.match(summary, /^volume {5}removed/m);
  // The last line: it is what a person wants next.
  assert.match(summary, /^page {7}dist\/pages\/job-1\.html\n$/m);
  const [, command = ''] = /^see more {3}(.*)$/m.exec(summary) ?? [];
  const more = await execa({ shell: true })`${command}`;
  assert.match(more.stdout, /^1\|stdout\|Auditing /);
});

test('npm start adds one job per start, and the company, user, application and runtemplate once', async (t) => {
  const first = await npmStart(t, ['true']);
  await first.process;
  const [{ file } = {}] = first.rows("select file from pragma_database_list where name = 'main'");
  const env = { MULTIFLEXI_DATABASE_URL: `sqlite://${file}` };
  await (await npmStart(t, ['true'], { env })).process;
  await (await npmStart(t, [], { env })).process;
  const counts = ['company', 'user', 'apps', 'runtemplate', 'job'].map(
    (table) => `(select count(*) from ${table}) ${table}`,
  );
  assert.deepEqual(
    { ...first.rows(`select ${counts.join(', ')}`)[0] },
    {
      company: 1,
      user: 1,
      apps: 2,
      runtemplate: 2,
      job: 3,
    },
  );
});

test("npm start exits with the command's exit code and explains it", async (t) => {
  const start = await npmStart(t, ['sh', '-c', 'echo out; echo err >&2; exit 3']);
  const { exitCode, stdout, stderr } = await start.process;
  assert.equal(exitCode, 3);
  assert.match(stdout, /^out\n\nverdict {4}failed, exit code 3 after .*: The job exited with code 3\.?$/m);
  assert.match(stderr, /^err$/m);
  assert.deepEqual(
    start
      .rows(lines)
      .map(({ type, line }) => [type, line])
      .sort(),
    [
      ['stderr', 'err\n'],
      ['stdout', 'out\n'],
    ],
  );
  assert.equal(start.rows('select exitcode from job')[0]?.['exitcode'], 3);
});

test('npm start exits 127 for a missing command and names it', async (t) => {
  const start = await npmStart(t, ['no-such-command', '--flag']);
  const { exitCode, stdout } = await start.process;
  assert.equal(exitCode, 127);
  assert.match(stdout, /verdict {4}\w+, exit code 127 .*no-such-command/);
  assert.equal(start.rows('select exitcode from job')[0]?.['exitcode'], 127);
});

test("npm start passes its input and the command's arguments through unchanged", async (t) => {
  const args = ['sh', '-c', 'printf "[%s]" "$@"; cat', 'sh', '', 'a b', "it's", '$HOME', 'x\ny', '--version'];
  const start = await npmStart(t, args, { input: 'from standard input\n' });
  const { stdout } = await start.process;
  assert.ok(stdout.startsWith("[][a b][it's][$HOME][x\ny][--version]from standard input\n"), stdout);
});

test('npm start finds the report and progress that a command writes', async (t) => {
  const report = '{"producer":"me","status":"success","timestamp":"2026-01-01T00:00:00Z"}';
  const start = await npmStart(t, [
    'sh',
    '-c',
    `echo 1/2 >>"$PROGRESS_FILE"; echo '${report}' >"$RESULT_FILE"`,
  ]);
  const { stderr } = await start.process;
  assert.match(stderr, /^progress 1\/2$/m);
  assert.deepEqual(
    start.rows('select filename, artifact from artifacts').map((row) => ({ ...row })),
    [{ filename: 'report.json', artifact: `${report}\n` }],
  );
});

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
] as const) {
  test(`npm start stops the job on ${signal}, records ${status} and exits with it`, async (t) => {
    const start = await npmStart(t, ['sh', '-c', 'echo ready; exec sleep 1000']);
    await start.shows(/ready\r?$/m);
    start.process.kill(signal);
    const { exitCode, stdout, stderr } = await start.process;
    assert.equal(exitCode, status, start.shown());
    assert.match(stderr, new RegExp(`Stopping the job \\(${signal}\\)`));
    assert.match(stdout, new RegExp(`verdict {4}terminated, exit code ${status}`));
    assert.deepEqual(
      { ...start.rows('select exitcode, "end" is not null as ended from job')[0] },
      { exitcode: status, ended: 1 },
    );
  });
}

test('npm start keeps the output of a stopped job and its own exit code', async (t) => {
  const start = await npmStart(t, ['sh', 'test/fixtures/exits-3-on-term.sh']);
  await start.shows(/ready\r?$/m);
  start.process.kill('SIGTERM');
  const { exitCode } = await start.process;
  assert.equal(exitCode, 3);
  assert.deepEqual(
    start
      .rows(lines)
      .filter(({ type }) => type === 'stdout')
      .map(({ line }) => line),
    ['ready\n', 'stopping\n'],
  );
});

test('npm start kills a job that does not stop on a second signal, and records 137', async (t) => {
  const start = await npmStart(t, [
    'sh',
    '-c',
    'trap "echo no" INT; echo ready; while :; do sleep 1000 & wait; done',
  ]);
  await start.shows(/ready\r?$/m);
  start.process.kill('SIGINT');
  await start.shows(/^no$/m);
  await start.shows('Interrupt again to kill it');
  // Two signals that come together are one key press, passed on by npm and by the terminal.
  await new Promise((resolve) => setTimeout(resolve, 500));
  start.process.kill('SIGINT');
  const { exitCode } = await start.process;
  assert.equal(exitCode, 137, start.shown());
  assert.equal(start.rows('select exitcode from job')[0]?.['exitcode'], 137);
});

test('npm start with KEEP=1 keeps the volume and prints its path', async (t) => {
  const start = await npmStart(t, ['echo', 'kept'], { env: { KEEP: '1' } });
  const { stdout } = await start.process;
  const [, directory] = /^volume {5}kept in (\S+)$/m.exec(stdout) ?? [];
  assert.equal(await readFile(`${directory}/volume/ctr/main/stdout`, 'utf8'), 'kept\n');
});

test('npm start rejects an unusable database with one message', async (t) => {
  const file = `${temporaryVolume(t)}/none/multiflexi.sqlite`;
  for (const [url, sentence] of [
    [
      'mysql://u:hidden@h/multiflexi',
      'npm start: MULTIFLEXI_DATABASE_URL: npm start needs an SQLite file, sqlite:///absolute/path\n',
    ],
    [`sqlite://${file}`, `npm start: Cannot use the database ${file}: unable to open database file\n`],
  ] as const) {
    const start = await npmStart(t, ['true'], { env: { MULTIFLEXI_DATABASE_URL: url } });
    const { exitCode, stderr, stdout } = await start.process;
    assert.deepEqual([exitCode, stderr, stdout, start.left()], [64, sentence, '', []]);
  }
});

test("npm start through npm exits with the command's status", async (t) => {
  const start = await npmStart(t, ['sh', '-c', 'echo "a  b"; exit 7'], { npm: true });
  const { exitCode, stdout } = await start.process;
  assert.equal(exitCode, 7);
  assert.match(stdout, /^a {2}b$/m);
});

test('npm start forwards SIGTERM from npm to the job, and records it', async (t) => {
  const start = await npmStart(t, ['sh', '-c', 'echo ready; exec sleep 1000'], { npm: true });
  await start.shows(/ready\r?$/m);
  start.process.kill('SIGTERM');
  const { exitCode } = await start.process;
  assert.equal(exitCode, 143, start.shown());
  assert.equal(start.rows('select exitcode from job')[0]?.['exitcode'], 143);
});

test('npm run sql answers a query on an SQLite file, and explains an invalid one', async (t) => {
  const file = `${temporaryVolume(t)}/some.sqlite`;
  const sql = (query: string) => execa(process.execPath, ['build/sql.ts', file, query], { reject: false });
  assert.equal((await sql('select 1')).stderr, `${file}: unable to open database file`);
  const { DatabaseSync } = await import('node:sqlite');
  new DatabaseSync(file).exec("create table pairs (a, b); insert into pairs values (1, 'x'), (2, null)");
  assert.equal((await sql('select * from pairs')).stdout, '1|x\n2|');
  const wrong = await sql('select');
  assert.deepEqual([wrong.exitCode, wrong.stderr], [1, `${file}: incomplete input`]);
});
