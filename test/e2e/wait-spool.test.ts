import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { forEachOf } from '../helpers/batches.ts';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { requireProgram } from '../helpers/require.ts';
import { tool } from '../helpers/saved.ts';
import { trapping, wasMet } from '../helpers/trapped-call.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { withMount } from '../helpers/with-mount.ts';

const records = [
  'journal',
  'containers.json',
  'first-line.json',
  'budget.json',
  'report.json',
  'reserve-1',
  'stop.json',
];

test('wait reports a job whose spool cannot be written, and says which record is missing', async (t) => {
  await forEachOf(records, async (record) => {
    const job = reportedJob(t);
    mkdirSync(join(job.root, 'report', record), { recursive: true });
    await runJob(t, ['sh', '-c', 'echo honest; exit 3'], { root: job.root });
    const { status, stderr } = await emissary(['wait', '--timeout', '60'], job);
    assert.equal(status, 0, stderr);
    const said =
      record === 'reserve-1' || record === 'stop.json'
        ? ''
        : `Cannot (?:write|record) [^\\n]*${record}[^\\n]*\n`;
    assert.match(stderr, new RegExp(`^(emissary: ${said}|)$`), record);
    assert.equal(job.row().exitcode, 3, record);
    assert.deepEqual(job.lines(), [{ seq: 1, type: 'stdout', line: 'honest\n' }]);
  });
});

for (const call of ['mkdirat', 'renameat']) {
  test(`wait reports the job, or says in one message why not, when its quota is used up at any ${call} on the volume`, async (t) => {
    if (!requireProgram(t, 'strace')) return;
    let nth = 1;
    for (; nth < 100; nth += 1) {
      const job = reportedJob(t);
      const log = join(temporaryVolume(t), 'calls');
      await runJob(t, ['sh', '-c', 'exit 3'], { root: job.root });
      const trap = { call, nth, does: 'error=EDQUOT' } as const;
      const under = trapping(job.root, trap, log, ['', 'report']);
      const { status, stderr } = await emissary(['wait', '--timeout', '60'], { ...job, under });
      if (!wasMet(log, trap)) break;
      const what = `${call} ${nth}: ${status} ${stderr}`;
      assert.match(stderr, /^(emissary: [^\n]*EDQUOT[^\n]*\n)*$/, what);
      assert.doesNotMatch(stderr, / {4}at /, what);
      if (status === 0) assert.notEqual(job.row().exitcode, null, what);
      else assert.deepEqual([status, stderr.split('\n').length], [64, 2], what);
    }
    assert.ok(nth > 1, `there is no ${call}`);
  });
}

test('wait reports the job, and one message, if its spool cannot be read', async (t) => {
  if (!requireProgram(t, 'strace')) return;
  const job = reportedJob(t);
  const place = join(job.root, 'report');
  mkdirSync(place);
  await runJob(t, ['sh', '-c', 'echo honest; exit 3'], { root: job.root });
  const under = ['strace', '-f', '-o', '/dev/null', '-P', place, '-e', 'inject=getdents64:error=EIO:when=1'];
  const { status, stderr } = await emissary(['wait', '--timeout', '60'], { ...job, under });
  assert.deepEqual([status, job.row().exitcode, job.lines().length], [0, 3, 1]);
  assert.match(stderr, /^emissary: Cannot use the spool [^\n]*\/report: EIO: i\/o error, readdir; [^\n]*\n$/);
});

test('wait stops and reports a job that has filled the volume', async (t) => {
  for (const options of ['size=1m', 'size=1m,nr_inodes=40']) {
    const job = reportedJob(t);
    await withMount(t, { root: job.root, options }, async () => {
      const reporter = await startWait(t, job, ['--grace', '20']);
      const fill = options.includes('inodes')
        ? 'i=0; while : >"$0/$i"; do i=$((i+1)); done 2>/dev/null'
        : 'cat /dev/zero >"$0/fill" 2>/dev/null';
      // A shell that cannot redirect exits the loop, which must not end the job.
      const script = `trap 'exit 3' TERM; ( ${fill} ); echo ready; sleep 60 & wait`;
      const running = await startReadyJob(t, ['sh', '-c', script, job.root], { root: job.root });
      reporter.kill('SIGTERM');
      const { status, stderr } = await reporter.finished;
      assert.equal(status, 0, `${options}: ${stderr}`);
      assert.ok(!stderr.includes('Cannot') && !stderr.includes('    at '), stderr);
      assert.equal((await running.finished).status, 3);
      assert.equal(job.row().exitcode, 3);
      assert.ok(!readdirSync(join(job.root, 'report')).some((name) => name.startsWith('reserve')));
    });
  }
});

const inTheWay: Readonly<Record<string, (path: string, place: string) => void>> = {
  'a file': (path) => writeFileSync(path, 'x'),
  'a link': (path, place) => symlinkSync(place, path),
};

test('wait leaves anything in place of a container directory to the wrapper', async (t) => {
  for (const make of Object.values(inTheWay)) {
    for (const path of ['ctr', 'ctr/main']) {
      const job = reportedJob(t);
      mkdirSync(dirname(join(job.root, path)), { recursive: true });
      make(join(job.root, path), temporaryVolume(t));
      const reporter = startEmissary(t, ['wait'], job);
      await until('it is logged', () => reporter.stderr().includes('Cannot watch container main'));
      await runJob(t, ['sh', '-c', 'echo out; exit 3'], { root: job.root });
      const { status, stderr } = await reporter.finished;
      assert.equal(status, 0, stderr);
      assert.deepEqual([job.row().exitcode, job.lines().map(({ line }) => line)], [3, ['out\n']]);
    }
  }
});

test('wait reports an error if the containers cannot be watched', async (t) => {
  const place = temporaryVolume(t);
  for (const [what, make] of Object.entries(inTheWay)) {
    for (const path of ['ctr', 'ctr/main']) {
      const job = reportedJob(t);
      mkdirSync(dirname(join(job.root, path)), { recursive: true });
      make(join(job.root, path), place);
      const { status, stderr } = await emissary(['wait'], job);
      assert.equal(status, 0, `${path} is ${what}: ${stderr}`);
      assert.match(stderr, /^emissary: Cannot watch container main: [^\n]*\n$/);
      assert.equal(job.row().exitcode, 64);
    }
  }
});

test('wait reports a full SQLite disk, and writes again when there is space', async (t) => {
  const job = reportedJob(t);
  const disk = temporaryVolume(t);
  await withMount(t, { root: disk, options: 'size=120k' }, async () => {
    copyFileSync(job.database.path, join(disk, 'small.sqlite'));
    await runJob(t, ['seq', '100000'], { root: job.root });
    const url = `sqlite://${join(disk, 'small.sqlite')}`;
    const env = { ...job.env, MULTIFLEXI_DATABASE_URL: url, EMISSARY_REPORT_SECONDS: '60' };
    const reporter = startEmissary(t, ['wait'], { root: job.root, env });
    await until('it is logged', () =>
      reporter.stderr().includes('small.sqlite: the disk is full; retrying\n'),
    );
    tool('mount', ['-o', 'remount,size=100m', disk]);
    const { status, stderr } = await reporter.finished;
    assert.equal(status, 0, stderr);
    const database = new DatabaseSync(join(disk, 'small.sqlite'));
    const row = database.prepare("select group_concat(line, '') as text from job_output_lines").get();
    database.close();
    const text = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('');
    assert.equal(row?.['text'], text);
  });
});

test('wait gathers undelivered data again if the report could not be kept', async (t) => {
  const job = reportedJob(t);
  mkdirSync(join(job.root, 'report/report.json'), { recursive: true });
  await runJob(t, ['sh', '-c', 'echo honest; exit 3'], { root: job.root });
  const env = { ...job.env, MULTIFLEXI_DATABASE_URL: 'sqlite:///no/such.sqlite' };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.equal(status, 64);
  assert.ok(
    stderr.endsWith(
      `Undelivered data stays in ${job.root}; "emissary wait --root ${job.root}" delivers it later\n`,
    ),
    stderr,
  );
  assert.equal((await emissary(['wait'], job)).status, 0);
  assert.deepEqual([job.row().exitcode, job.lines().length], [3, 1]);
});

test('wait copies a log that is larger than any disk, if its wrapper did not count it, to EMISSARY_RESULTS_DIR as a hole', async (t) => {
  const job = reportedJob(t);
  const results = temporaryVolume(t);
  await runJob(t, ['sh', '-c', 'echo honest'], { root: job.root });
  const size = 1024 ** 4;
  truncateSync(join(job.root, 'ctr/main/stdout'), size);
  rmSync(join(job.root, 'ctr/main/result.json'));
  const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_DIR: results, EMISSARY_LOG_LIMIT_BYTES: '0' };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.deepEqual([status, stderr], [0, '']);
  const kept = statSync(join(results, '7/ctr/main/stdout'));
  assert.equal(kept.size, size);
  assert.ok(kept.blocks * 512 < 10_000_000, `${kept.blocks} blocks`);
  const start = Buffer.alloc(8);
  const file = openSync(join(results, '7/ctr/main/stdout'), 'r');
  readSync(file, start);
  closeSync(file);
  assert.equal(start.toString(), 'honest\n\0');
});
