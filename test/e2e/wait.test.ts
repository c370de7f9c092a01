import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { keptBy, runJob, startJob } from '../helpers/job.ts';
import { linesIn, reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('wait reports begin and lines while the job runs, and the end in one statement', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job);
  // The order of writes to two pipes at the same time is undefined.
  const script = 'echo one; read go; echo two >&2; read go; printf three; exit 3';
  const running = startJob(t, ['sh', '-c', script], { root: job.root, stdin: 'pipe' });
  await until('the first line is stored', () => job.lines().length === 1);
  running.process.stdin?.write('go\n');
  await until('the second line is stored', () => job.lines().length === 2);
  const early = job.row();
  assert.notEqual(early.begin, null);
  assert.deepEqual([early.end, early.exitcode, early.pid], [null, null, null]);
  running.process.stdin?.end('go\n');
  const { status, stderr } = await reporter.finished;
  assert.deepEqual([status, stderr], [0, '']);
  const { begin, end, ...rest } = job.row();
  assert.equal(begin, early.begin);
  assert.match(String(end), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  const { pid } = keptBy(job.root).result();
  assert.deepEqual(rest, { exitcode: 3, pid, app_version: '1.2.3' });
  assert.deepEqual(job.lines(), [
    { seq: 1, type: 'stdout', line: 'one\n' },
    { seq: 2, type: 'stderr', line: 'two\n' },
    { seq: 3, type: 'stdout', line: 'three' },
  ]);
});

test("wait changes no row except its own job's", async (t) => {
  const job = reportedJob(t);
  const before = job.database.query('select * from job where id <> ?', job.jobId);
  await runJob(t, ['echo', 'hello'], { root: job.root });
  assert.equal((await emissary(['wait'], job)).status, 0);
  assert.deepEqual(job.database.query('select * from job where id <> ?', job.jobId), before);
  assert.equal(job.database.query('select * from job_output_lines where job_id <> ?', job.jobId).length, 0);
});

test('wait finds a job that was sealed before it started', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'seq 5000'], { root: job.root });
  assert.equal((await emissary(['wait'], job)).status, 0);
  assert.equal(job.row().exitcode, 0);
  assert.deepEqual(
    linesIn(job.lines()),
    Array.from({ length: 5000 }, (_, index) => `${index + 1}\n`),
  );
});

test('wait names each of three containers, in whatever order they exit', async (t) => {
  const job = reportedJob(t);
  const template = { containerSet: { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] } };
  writeFileSync(join(job.root, 'template'), JSON.stringify(template));
  const reporter = await startWait(t, job);
  const c = startJob(t, ['sh', '-c', 'echo ready; sleep 60'], { root: job.root, name: 'c' });
  await runJob(t, ['sh', '-c', 'echo from b; exit 1'], { root: job.root, name: 'b' });
  await until('c is ready', () => c.stdout().includes('ready'));
  assert.equal((await emissary(['signal', 'c', 'TERM'], { root: job.root })).status, 0);
  await runJob(t, ['echo', 'from a'], { root: job.root, name: 'a' });
  assert.equal((await reporter.finished).status, 0);
  const report = JSON.parse(readFileSync(join(job.root, 'report/report.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  assert.equal(report['message'], 'a: succeeded (0); b: failed (1); c: terminated (143)');
  assert.equal(job.row().exitcode, 1);
  assert.deepEqual(
    job
      .lines()
      .map(({ line }) => line)
      .sort(),
    ['from a\n', 'from b\n', 'ready\n'],
  );
});

test('wait without a destination prints the result as one JSON line, and says so', async (t) => {
  const root = temporaryVolume(t);
  await runJob(t, ['sh', '-c', 'echo out; exit 4'], { root });
  const { status, stdout, stderr } = await emissary(['wait'], { root });
  assert.equal(status, 0);
  assert.equal(
    stderr,
    `emissary: No destination is configured: printing the result to standard output and keeping it in ${root}/report\n`,
  );
  assert.equal(stdout.toString().split('\n').length, 2);
  const report = JSON.parse(stdout.toString()) as Record<string, unknown>;
  assert.deepEqual([report['verdict'], report['exitCode'], report['jobId']], ['failed', 4, null]);
});

test('wait stores parameters and artifacts, text unchanged and the rest as base64', async (t) => {
  const job = reportedJob(t);
  const place = temporaryVolume(t);
  const template = {
    outputs: {
      parameters: [{ name: 'count', valueFrom: { path: join(place, 'count') } }],
      artifacts: [
        { name: 'table', path: join(place, 'table.csv'), archive: { none: {} } },
        { name: 'all', path: join(place, 'all') },
      ],
    },
  };
  const script = 'cd "$0"; printf 42 >count; printf "a,ž\\n" >table.csv; mkdir all; echo x >all/x';
  const { kept } = await runJob(t, ['sh', '-c', script, place], { root: job.root, template });
  assert.equal((await emissary(['wait'], job)).status, 0);
  const rows = job.database.query<Record<string, string>>(
    'select filename, content_type, artifact, note from artifacts where job_id = ? order by id',
    job.jobId,
  );
  assert.deepEqual(
    rows.map(({ filename, content_type: type }) => [filename, type]),
    [
      ['count', 'text/plain'],
      ['table.csv', 'text/csv'],
      ['all.tgz', 'application/gzip'],
    ],
  );
  assert.deepEqual([rows[0]?.['artifact'], rows[1]?.['artifact']], ['42', 'a,ž\n']);
  const archive = kept.result().outputs.artifacts[1];
  assert.deepEqual(
    Buffer.from(rows[2]?.['artifact'] ?? '', 'base64'),
    readFileSync(join(job.root, archive?.file ?? '')),
  );
  assert.match(rows[2]?.['note'] ?? '', /^all \(base64; decode it to get the file\) \[emissary [^\]]+\]$/);
  assert.doesNotMatch(rows[1]?.['note'] ?? '', /base64/);
});

test('wait does not wait forever for a missing volume', async (t) => {
  const root = join(temporaryVolume(t), 'missing');
  const { status, stderr } = await emissary(['wait'], { root });
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Cannot open the shared volume ".*missing": ENOENT/);
});

test('wait refuses a volume that another wait already reports', async (t) => {
  const job = reportedJob(t);
  await startWait(t, job);
  const { status, stderr } = await emissary(['wait'], job);
  assert.equal(status, 64);
  assert.equal(
    stderr,
    `emissary: Another emissary is reporting this job: it holds ${job.root}/report/lock\n`,
  );
});

test('status shows a running container, an ended one and one that is still to come', async (t) => {
  const root = temporaryVolume(t);
  const template = { containerSet: { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] } };
  writeFileSync(join(root, 'template'), JSON.stringify(template));
  writeFileSync(join(root, 'progress'), '1/10\n3/10\n');
  await runJob(t, ['sh', '-c', 'echo out; exit 2'], { root, name: 'a' });
  const running = startJob(t, ['sh', '-c', 'echo ready; sleep 60'], { root, name: 'b' });
  await until('b is ready', () => running.stdout().includes('ready'));
  const { stdout } = await emissary(['status', '--json'], { root });
  const { containers, progress } = JSON.parse(stdout.toString()) as {
    containers: Record<string, unknown>[];
    progress: string;
  };
  assert.equal(progress, '3/10');
  assert.deepEqual(
    containers.map(({ name, state, exitCode, verdict }) => [name, state, exitCode, verdict]),
    [
      ['a', 'sealed', 2, 'failed'],
      ['b', 'running', null, null],
      ['c', 'waiting', null, null],
    ],
  );
  const table = (await emissary(['status'], { root })).stdout.toString();
  assert.match(table, /^a +sealed +2 +failed +4 +0 +\d+\.\d +The job exited with code 2$/m);
});

test('signal lists the existing containers, each once and only a few of many, if there is none of that name', async (t) => {
  const root = temporaryVolume(t);
  for (const name of ['main', 'other']) mkdirSync(join(root, 'ctr', name), { recursive: true });
  const { status, stderr } = await emissary(['signal', 'mian', 'TERM'], { root });
  assert.equal(status, 64);
  assert.equal(stderr, `emissary: signal: no container mian on ${root}; known containers: main, other\n`);
  for (let number = 0; number < 48; number += 1) mkdirSync(join(root, `ctr/job-made-${number}`));
  const many = await emissary(['signal', 'mian', 'TERM'], { root });
  assert.match(many.stderr, /; known containers: main, .*, and 30 more\n$/);
});

test('wait stores lines of one byte each, however many come at once', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'yes "" | head -n 100000'], { root: job.root });
  const { status, stderr } = await emissary(['wait'], job);
  assert.deepEqual([status, stderr], [0, '']);
  const rows = job.lines();
  assert.equal(linesIn(rows).length, 100_000);
  assert.deepEqual([rows.length, rows.at(-1)?.seq], [1_002, 1_002]);
});

test('wait opens no more files than allowed, for any number of containers', async (t) => {
  const { root, env } = reportedJob(t);
  const under = ['sh', '-c', 'ulimit -Sn 90; exec "$@"', 'sh'];
  const { process: reporter } = startEmissary(t, ['wait'], { root, env, under });
  await until('the soft limit is the hard one', () => {
    const limits = readFileSync(`/proc/${reporter.pid}/limits`, 'utf8');
    const [, soft, hard] = /^Max open files +(\d+) +(\d+)/m.exec(limits) ?? [];
    return soft !== '90' && soft === hard;
  });
});
