import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { forEachOf } from '../helpers/batches.ts';
import { emissary } from '../helpers/emissary.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { type ReportedJob, reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const secret = 'the-reporters-own-secret';

/** A job whose volume a hostile program changed after the job's end. */
async function hostileJob(t: TestContext, change: (job: ReportedJob, secretFile: string) => void) {
  const job = reportedJob(t);
  const secretFile = join(temporaryVolume(t), 'secret');
  writeFileSync(secretFile, `${secret}\n`);
  await runJob(t, ['sh', '-c', 'echo honest'], { root: job.root });
  change(job, secretFile);
  // A hang would end at the deadline, with another exit code than the expected one.
  const finished = await emissary(['wait', '--deadline', new Date(Date.now() + 120_000).toISOString()], job);
  const everything = JSON.stringify([
    job.database.query('select * from job'),
    job.lines(),
    job.database.query('select * from artifacts'),
    finished.stdout.toString(),
    finished.stderr,
  ]);
  assert.ok(!everything.includes(secret));
  return { ...job, ...finished };
}

const sealOf = (job: ReportedJob) => join(job.root, 'ctr/main/exitcode');
const garbage: readonly (readonly [string, (path: string, secretFile: string) => void])[] = [
  ['empty', (path) => writeFileSync(path, '')],
  ['"abc"', (path) => writeFileSync(path, 'abc')],
  ['"-1"', (path) => writeFileSync(path, '-1')],
  ['"256"', (path) => writeFileSync(path, '256')],
  ['"0x0"', (path) => writeFileSync(path, '0x0')],
  ['"0 0"', (path) => writeFileSync(path, '0 0')],
  ['5 MB of zeros', (path) => writeFileSync(path, '0'.repeat(5_000_000))],
  ['a FIFO', (path) => execFileSync('mkfifo', [path])],
  ['a directory', (path) => mkdirSync(path)],
  ['a link to a file with "0"', (path, secretFile) => linkToZero(path, secretFile)],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
];

function linkToZero(path: string, secretFile: string): void {
  writeFileSync(`${secretFile}-zero`, '0');
  symlinkSync(`${secretFile}-zero`, path);
}

for (const [what, make] of garbage) {
  test(`wait neither reports success nor hangs on an exitcode that is ${what}`, async (t) => {
    const job = await hostileJob(t, (before, secretFile) => {
      rmSync(sealOf(before));
      make(sealOf(before), secretFile);
    });
    assert.equal(job.status, 0);
    assert.equal(job.row().exitcode, 64);
  });
}

test('wait does not report success for exitcode 0 without a result.json', async (t) => {
  const job = await hostileJob(t, ({ root }) => rmSync(join(root, 'ctr/main/result.json')));
  assert.equal(job.row().exitcode, 64);
});

test('wait does not report success for exitcode 0 beside a contradicting result.json', async (t) => {
  const job = await hostileJob(t, ({ root }) => {
    const path = join(root, 'ctr/main/result.json');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"exitCode":0', '"exitCode":9'));
  });
  assert.equal(job.row().exitcode, 9);
});

test('wait rejects a result.json of 20 MB, or of garbage', async (t) => {
  for (const content of [
    '{'.repeat(20_000_000),
    '{"version":1}',
    '[]',
    'null',
    '{"version":1,"outputs":{}}',
  ]) {
    const job = await hostileJob(t, ({ root }) => writeFileSync(join(root, 'ctr/main/result.json'), content));
    assert.equal(job.row().exitcode, 64);
  }
});

test('wait does not read logs that are links to secrets', async (t) => {
  const job = await hostileJob(t, ({ root }, secretFile) => {
    for (const name of ['stdout', 'stderr']) {
      rmSync(join(root, 'ctr/main', name));
      symlinkSync(secretFile, join(root, 'ctr/main', name));
    }
    writeFileSync(join(root, 'ctr/main/timeline'), '1700000000000 1 1000\n1700000000000 2 1000\n');
  });
  assert.equal(job.row().exitcode, 0);
  assert.deepEqual(job.lines(), []);
});

test('wait does not follow a container directory that is a link', async (t) => {
  const job = await hostileJob(t, ({ root }, secretFile) => {
    const elsewhere = `${secretFile}-directory`;
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'exitcode'), '0');
    writeFileSync(join(elsewhere, 'stdout'), secret);
    rmSync(join(root, 'ctr/main'), { recursive: true });
    symlinkSync(elsewhere, join(root, 'ctr/main'));
  });
  assert.match(job.stderr, /^emissary: Cannot watch container main: [^\n]*\n$/);
  assert.deepEqual([job.status, job.row().exitcode, job.lines()], [0, 64, []]);
});

test('wait loses the order of the streams, but no lines, if the timeline is garbage', async (t) => {
  for (const timeline of [
    'garbage\n',
    'x'.repeat(1_000_000),
    '1 1 99999999999999\n',
    '1 3 5\n',
    '\n\n\n',
    '1 1 -5\n',
  ]) {
    const job = await hostileJob(t, ({ root }) => writeFileSync(join(root, 'ctr/main/timeline'), timeline));
    assert.deepEqual(job.lines(), [{ seq: 1, type: 'stdout', line: 'honest\n' }]);
    assert.equal(job.row().exitcode, 0);
  }
});

test('wait loses the order of the rest, but no line, if the timeline is cut off at any byte', async (t) => {
  const pieces = '1700000000000 1 6\n1700000000001 2 7\n1700000000002 1 3\n';
  await forEachOf(
    Array.from({ length: pieces.length + 1 }, (_, index) => index),
    async (length) => {
      const job = await hostileJob(t, ({ root }) => {
        writeFileSync(join(root, 'ctr/main/stdout'), 'out 1\nout 2\nout 3');
        writeFileSync(join(root, 'ctr/main/stderr'), 'err 1\nerr 2\n');
        writeFileSync(join(root, 'ctr/main/timeline'), pieces.slice(0, length));
        // The result has the wrapper's count, otherwise the rest would not be read.
        const path = join(root, 'ctr/main/result.json');
        const result = JSON.parse(readFileSync(path, 'utf8'));
        result.stdout.bytes = 17;
        result.stderr.bytes = 12;
        writeFileSync(path, JSON.stringify(result));
      });
      const lines = job.lines();
      assert.deepEqual(
        lines.map(({ seq }) => seq),
        [1, 2, 3, 4, 5],
      );
      const of = (stream: string) => lines.filter(({ type }) => type === stream).map(({ line }) => line);
      assert.deepEqual(of('stdout'), ['out 1\n', 'out 2\n', 'out 3'], `${length} bytes`);
      assert.deepEqual(of('stderr'), ['err 1\n', 'err 2\n'], `${length} bytes`);
    },
  );
});

test('wait does not read files outside outputs/ that a forged result.json names', async (t) => {
  for (const file of [
    '../../../../../../etc/passwd',
    '/etc/passwd',
    'outputs/../secret',
    'outputs/link',
    'report/lock',
  ]) {
    const job = await hostileJob(t, ({ root }, secretFile) => {
      mkdirSync(join(root, 'outputs'), { recursive: true });
      symlinkSync(secretFile, join(root, 'outputs/link'));
      writeFileSync(join(root, 'secret'), secret);
      const path = join(root, 'ctr/main/result.json');
      const result = JSON.parse(readFileSync(path, 'utf8')) as { outputs: { artifacts: object[] } };
      const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
      result.outputs.artifacts.push({ name: 'x', path: '/x', file, archive: 'none', bytes: 1, sha256 });
      writeFileSync(path, JSON.stringify(result));
    });
    assert.equal(job.status, 64);
    assert.match(job.stderr, /Cannot store output "x" .* in /);
    assert.equal(job.database.query('select * from artifacts').length, 0);
    assert.equal(job.row().exitcode, 0);
  }
});

test('wait reports thousands of forged outputs with line breaks in their names in one short line', async (t) => {
  const job = await hostileJob(t, ({ root }) => {
    const path = join(root, 'ctr/main/result.json');
    const result = JSON.parse(readFileSync(path, 'utf8')) as { outputs: { artifacts: object[] } };
    const name = 'x\nemissary: all is well\u001b[31m';
    const forged = { name, path: '/x', file: 'outputs/x', archive: 'none', bytes: 1, sha256: '' };
    result.outputs.artifacts.push(...Array.from({ length: 2000 }, () => forged));
    writeFileSync(path, JSON.stringify(result));
  });
  assert.equal(job.status, 64);
  const [first = '', second = '', ...rest] = job.stderr.trimEnd().split('\n');
  assert.match(
    first,
    /^emissary: Cannot store output "x emissary: all is well \[31m" .* in .*; and 1980 more$/,
  );
  assert.match(second, /^emissary: Undelivered data stays/);
  assert.deepEqual(rest, []);
  assert.ok(!job.stderr.includes('\u001b') && job.stderr.length < 10_000);
  assert.equal(job.row().exitcode, 0);
});

test('a template, a report or a journal that the job forged cannot name another job', async (t) => {
  const job = await hostileJob(t, ({ root, jobId }) => {
    writeFileSync(join(root, 'template'), JSON.stringify({ multiflexi: { jobId: String(jobId + 1) } }));
    mkdirSync(join(root, 'report'));
    writeFileSync(join(root, 'report/first-line.json'), '{"after":-5}');
    writeFileSync(
      join(root, 'report/journal'),
      `${'garbage\n'.repeat(1000)}{"line":1e99}\n{"line":5,"turn":"../x","at":{}}\n`,
    );
    writeFileSync(join(root, 'report/report.json'), '{"version":1,"jobId":8}');
    writeFileSync(join(root, 'report/stop.json'), '{"reason":"never","stopAt":0}');
  });
  assert.equal(job.status, 0, job.stderr);
  assert.equal(job.row().exitcode, 0);
  assert.deepEqual(job.lines(), [{ seq: 1, type: 'stdout', line: 'honest\n' }]);
  const [other] = job.database.query<{ exitcode: number | null }>(
    'select exitcode from job where id <> ?',
    job.jobId,
  );
  assert.equal(other?.exitcode, null);
});

test('wait sets aside a spool that is a link, and does not follow it', async (t) => {
  const job = await hostileJob(t, ({ root }, secretFile) => {
    mkdirSync(`${secretFile}-spool`);
    symlinkSync(`${secretFile}-spool`, join(root, 'report'));
  });
  assert.deepEqual([job.status, job.row().exitcode], [0, 0]);
  assert.match(
    job.stderr,
    /^emissary: [^\n]*\/report is not a directory, so it is not ours: renamed it to report\.aside-1\n$/,
  );
});

test('wait completes its report while a log shrinks and grows', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job);
  const stdout = join(job.root, 'ctr/main/stdout');
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; seq 10000; read go; echo bye'], {
    root: job.root,
    stdin: 'pipe',
  });
  await until('lines are stored', () => job.lines().length > 100);
  truncateSync(stdout, 10);
  truncateSync(stdout, 1_000_000);
  truncateSync(stdout, 0);
  running.process.stdin?.end('go\n');
  const { status, stderr } = await reporter.finished;
  // The readable part is reported, with a message that there was more.
  assert.equal(status, 64);
  assert.match(stderr, /bytes of stdout of container main, but its wrapper wrote/);
  assert.equal(job.row().exitcode, 0);
  const seqs = job.lines().map(({ seq }) => seq);
  assert.deepEqual(
    seqs,
    seqs.map((_, index) => index + 1),
  );
});

test('a reporter that takes over from a killed one follows the same containers, whatever the template says now', async (t) => {
  const ghost = '{"containerSet":{"containers":[{"name":"ghost"}]}}';
  for (const forged of [ghost, '{no JSON']) {
    const job = reportedJob(t);
    const first = await startWait(t, job);
    const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go; exit 5'], {
      root: job.root,
      stdin: 'pipe',
    });
    await until('begin is stored', () => job.row().begin !== null);
    first.kill('SIGKILL');
    await first.finished;
    writeFileSync(join(job.root, 'template'), forged);
    const second = startWait(t, job);
    running.process.stdin?.end('go\n');
    assert.equal((await (await second).finished).status, 0);
    assert.equal(job.row().exitcode, 5);
  }
});

const unreadable: Readonly<Record<string, readonly [(path: string) => void, RegExp]>> = {
  'no JSON': [(path) => writeFileSync(path, '{'), /template": not valid JSON/],
  wrong: [(path) => writeFileSync(path, '{"sidecars":1}'), /sidecars/],
  'a FIFO': [(path) => execFileSync('mkfifo', [path]), /template": it /],
  'a link': [(path) => symlinkSync('/etc/passwd', path), /template": it /],
};
for (const [what, [make, sentence]] of Object.entries(unreadable)) {
  test(`wait exits 64 and stores an error for a template that is ${what}`, async (t) => {
    const job = reportedJob(t);
    make(join(job.root, 'template'));
    const { status, stderr } = await emissary(['wait'], job);
    assert.equal(status, 64);
    assert.match(stderr, sentence);
    assert.equal(job.row().exitcode, 64);
    assert.ok(job.row().end !== null);
    const shown = await emissary(['status'], job);
    assert.equal(shown.status, 0);
    assert.match(shown.stderr, sentence);
  });
}

test('signal reaches a container whatever the template contains', async (t) => {
  const job = await startReadyJob(t, ['sh', '-c', 'echo ready; exec sleep 60']);
  writeFileSync(join(job.kept.root, 'template'), '{');
  const { status } = await emissary(['signal', 'main', 'TERM'], { root: job.kept.root });
  assert.equal(status, 0);
  assert.equal((await job.finished).status, 143);
});
