import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { watchPrivateMemory } from '../bench/private-memory.ts';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 1024 * 1024;
let server: Mariadb;
let lastJob = 0;

before(async () => {
  server = await startMariadb(['--max-allowed-packet=16M']);
});
after(() => server.stop());

/** An ended job that left these files. */
async function jobWith(t: TestContext, files: Readonly<Record<string, Buffer>>) {
  lastJob += 1;
  await server.addJob(lastJob);
  const root = temporaryVolume(t);
  const place = temporaryVolume(t);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
  const artifacts = Object.keys(files).map((name) => ({
    name,
    path: join(place, name),
    archive: { none: {} },
  }));
  await runJob(t, ['true'], { root, template: { outputs: { artifacts } } });
  const env = { MULTIFLEXI_JOB_ID: String(lastJob), MULTIFLEXI_DATABASE_URL: server.url };
  return { root, env, jobId: lastJob };
}

const contents: Readonly<Record<string, Buffer>> = {
  'quotes.txt': Buffer.alloc(7 * MiB, "'"),
  'newlines.txt': Buffer.alloc(7 * MiB, '\n'),
  'tabs.txt': Buffer.alloc(7 * MiB, '\t'),
  'backslashes.txt': Buffer.alloc(7 * MiB, '\\'),
  'horses.txt': Buffer.from('a🐎'.repeat(1.5 * MiB)),
  'nearly.txt': Buffer.concat([Buffer.from('🐎'.repeat(MiB)), Buffer.from([0xf0, 0x9f])]),
  'random.bin': randomBytes(11 * MiB),
};

test('MariaDB stores artifacts with any content, byte for byte, in little memory', async (t) => {
  for (const [name, content] of Object.entries(contents)) {
    const { root, env, jobId } = await jobWith(t, { [name]: content });
    const reporter = startEmissary(t, ['wait'], { root, env });
    const peak = watchPrivateMemory(reporter.process);
    const { status, stderr } = await reporter.finished;
    assert.deepEqual([status, stderr], [0, ''], name);
    const [row] = await server.query<{ note: string; text: string; bytes: string }>(
      'select note, sha2(artifact, 256) as text, sha2(from_base64(artifact), 256) as bytes from artifacts where job_id = ?',
      [jobId],
    );
    const isText = name.endsWith('.txt') && name !== 'nearly.txt';
    assert.equal(isText ? row?.text : row?.bytes, createHash('sha256').update(content).digest('hex'), name);
    assert.equal(row?.note.includes('(base64; decode it to get the file)'), !isText, name);
    // A reporter that has nothing to store takes 22 MiB.
    assert.ok(peak() < 80 * MiB, `${name}: ${peak()} bytes`);
  }
});

test("MariaDB: the job's end is stored before a large artifact, and a small artifact before the end", async (t) => {
  const trigger = "create trigger slow before insert on artifacts for each row do get_lock('artifact', 60)";
  await server.query(trigger);
  t.after(() => server.query('drop trigger slow'));
  for (const [bytes, isEndFirst] of [
    [2 * MiB, true],
    [1000, false],
  ] as const) {
    const { root, env, jobId } = await jobWith(t, { 'a.txt': Buffer.alloc(bytes, 'x') });
    const holder = await server.hold("do get_lock('artifact', 0)");
    t.after(() => holder.end());
    const reporter = startEmissary(t, ['wait'], { root, env });
    const waits = "select 1 from information_schema.processlist where state = 'User lock'";
    await until('it waits in the statement', async () => (await server.query(waits)).length > 0);
    const [row] = await server.query<{ exitcode: number | null }>('select exitcode from job where id = ?', [
      jobId,
    ]);
    assert.equal(row?.exitcode === 0, isEndFirst, `${bytes} bytes: ${reporter.stderr()}`);
    await holder.end();
    assert.equal((await reporter.finished).status, 0);
    const stored = await server.query('select id from artifacts where job_id = ?', [jobId]);
    assert.equal(stored.length, 1);
  }
});

test('SQLite stores text and bytes, byte for byte, and an artifact that is too large is named', async (t) => {
  const job = reportedJob(t);
  const place = temporaryVolume(t);
  const files = {
    'text.txt': Buffer.from('žluť 🐎 \'"\\\n'.repeat(100_000)),
    'bytes.bin': randomBytes(3 * MiB),
    'huge.bin': Buffer.alloc(25 * MiB),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
  const artifacts = Object.keys(files).map((name) => ({
    name,
    path: join(place, name),
    archive: { none: {} },
  }));
  await runJob(t, ['true'], { root: job.root, template: { outputs: { artifacts } } });
  const { status, stderr } = await emissary(['wait'], job);
  assert.equal(status, 64);
  assert.match(
    stderr,
    /Cannot store output "huge\.bin" .* it is larger than one row can be \(34952536 bytes as base64, at most 33554432\)/,
  );
  const rows = job.database.query<{ filename: string; artifact: string }>(
    'select filename, artifact from artifacts order by filename desc',
  );
  const [text, bytes] = rows;
  assert.deepEqual([rows.length, typeof text?.artifact], [2, 'string']);
  assert.equal(text?.artifact, files['text.txt'].toString());
  assert.ok(Buffer.from(bytes?.artifact ?? '', 'base64').equals(files['bytes.bin']));
});

test('an artifact that is not what the wrapper saved is named, and not stored', async (t) => {
  const { root, env, jobId } = await jobWith(t, {
    'large.txt': Buffer.alloc(3 * MiB, 'x'),
    'b.txt': Buffer.from('b'),
  });
  const record = JSON.parse(readFileSync(join(root, 'ctr/main/result.json'), 'utf8')) as {
    outputs: { artifacts: { file: string }[] };
  };
  writeFileSync(join(root, record.outputs.artifacts[0]?.file ?? ''), Buffer.alloc(3 * MiB, 'y'));
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.equal(status, 64);
  assert.match(
    stderr,
    /Cannot store output "large\.txt" .* it is not what the wrapper saved: its SHA-256 differs/,
  );
  const stored = await server.query('select filename from artifacts where job_id = ?', [jobId]);
  assert.deepEqual(
    stored.map((row) => row['filename']),
    ['b.txt'],
  );
});
