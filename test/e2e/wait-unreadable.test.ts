import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { standIn } from '../helpers/stand-in.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const job = ['sh', '-c', 'echo one; echo two; echo bad >&2'];
const another = 65_534;

const losses: readonly (readonly [string, (path: string) => void, readonly (string | RegExp)[]])[] = [
  ['missing', (path) => rmSync(path), [/0 bytes of stdout .* its wrapper wrote 8/]],
  [
    'a link',
    (path) => move(path, (moved) => symlinkSync(moved, path)),
    [/0 bytes of stdout .* its wrapper wrote 8/],
  ],
  ['a FIFO', (path) => move(path, () => execFileSync('mkfifo', [path])), [/0 bytes of stdout/]],
  ['a hard link', (path) => move(path, (moved) => linkSync(moved, path)), [/0 bytes of stdout/]],
  [
    'shortened',
    (path) => truncateSync(path, 4),
    [/4 bytes of stdout of container main, but its wrapper wrote 8/],
  ],
  [
    'lengthened',
    (path) => writeFileSync(path, 'one\ntwo\nthree\n'),
    [/stdout .* has 14 bytes, but its wrapper wrote only 8/],
  ],
];

function move(path: string, act: (moved: string) => void): void {
  renameSync(path, `${path}.moved`);
  act(`${path}.moved`);
}

for (const [what, spoil, sentences] of losses) {
  test(`wait does not exit 0, with a database or a directory, for a log that is ${what} after the job`, async (t) => {
    const reported = reportedJob(t);
    await runJob(t, job, { root: reported.root });
    spoil(join(reported.root, 'ctr/main/stdout'));
    const { status, stderr } = await emissary(['wait'], reported);
    assert.equal(status, 64, stderr);
    assert.equal(reported.row().exitcode, 0);
    for (const sentence of sentences) assert.match(stderr, new RegExp(sentence));
    assert.ok(reported.lines().some(({ line }) => line === 'bad\n'));
    const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_DIR: temporaryVolume(t) };
    const kept = await emissary(['report'], { root: reported.root, env });
    assert.equal(kept.status, 64);
    assert.match(kept.stderr, /its wrapper wrote 8|has 14 bytes, but only 8 are stored/);
  });
}

test('wait reads files whose permissions the job removed, as the same user', async (t) => {
  const reported = reportedJob(t);
  chmodSync(reported.root, 0o777);
  chownSync(reported.database.path, another, another);
  chmodSync(join(reported.database.path, '..'), 0o777);
  const who = { root: reported.root, uid: another, gid: another };
  await runJob(t, job, who);
  for (const file of readdirSync(join(reported.root, 'ctr/main')))
    if (file !== 'alive') chmodSync(join(reported.root, 'ctr/main', file), 0);
  const { status, stderr } = await emissary(['wait'], { ...who, env: reported.env });
  assert.equal(status, 0, stderr);
  assert.deepEqual([reported.row().exitcode, reported.lines().length], [0, 3]);
});

test('wait takes the exit code from the result if another user cannot read the seal', async (t) => {
  const reported = reportedJob(t);
  for (const path of [reported.root, join(reported.database.path, '..')]) chmodSync(path, 0o777);
  await runJob(t, job, { root: reported.root });
  chmodSync(join(reported.root, 'ctr/main/exitcode'), 0);
  const other = { ...reported, uid: another, gid: another };
  const { status, stderr } = await emissary(['wait'], other);
  assert.equal(status, 64);
  assert.match(stderr, /exitcode of container main cannot be opened \(EACCES\); its result.json says 0/);
  assert.deepEqual([reported.row().exitcode, reported.lines().length], [0, 3]);
  // Restore the permissions.
  chmodSync(join(reported.root, 'ctr/main/exitcode'), 0o644);
  assert.equal((await emissary(['report'], other)).status, 0);
});

test('report corrects the record once it can enter a directory that it could not enter before', async (t) => {
  const reported = reportedJob(t);
  for (const path of [reported.root, join(reported.database.path, '..')]) chmodSync(path, 0o777);
  const wrapper = standIn(t, reported.root);
  wrapper.started();
  const directory = join(reported.root, 'ctr/main');
  chmodSync(directory, 0o777);
  const other = { ...reported, uid: another, gid: another };
  wrapper.ended();
  wrapper.seal(0);
  wrapper.die();
  chmodSync(directory, 0o700);
  const { status } = await emissary(['wait', '--timeout', '0.5', '--grace', '0.5'], other);
  assert.equal(status, 64);
  chmodSync(directory, 0o755);
  const later = await emissary(['report'], other);
  assert.equal(later.status, 0, later.stderr);
  assert.equal(reported.row().exitcode, 0);
});

test('wait neither fails a successful job nor loses a line for lack of descriptors', async (t) => {
  for (let limit = 24; limit <= 32; limit += 1) {
    const reported = reportedJob(t);
    await runJob(t, job, { root: reported.root });
    const env = { ...reported.env, EMISSARY_REPORT_SECONDS: '2' };
    const under = ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh'];
    const { status, stderr } = await emissary(['wait', '--timeout', '1', '--grace', '1'], {
      ...reported,
      env,
      under,
    });
    const { exitcode } = reported.row();
    assert.ok(exitcode === 0 || (exitcode === null && status !== 0), `${limit}: ${exitcode}, ${stderr}`);
    if (status === 0) assert.equal(reported.lines().length, 3, `${limit}: ${stderr}`);
  }
});

test('wait accepts only ASCII digits and white space as an exit code', async (t) => {
  for (const bytes of ['\xa00', '\x0c0', '0\x85', '\x0b0', '\ufeff0']) {
    const reported = reportedJob(t);
    const directory = join(reported.root, 'ctr/main');
    mkdirSync(directory, { recursive: true });
    const { kept } = await runJob(t, job, { root: reported.root });
    writeFileSync(kept.path('exitcode'), Buffer.from(bytes, 'latin1'));
    await emissary(['wait'], reported);
    assert.equal(reported.row().exitcode, 64, JSON.stringify(bytes));
  }
  const reported = reportedJob(t);
  const { kept } = await runJob(t, job, { root: reported.root });
  writeFileSync(kept.path('exitcode'), ' 0\r\n');
  assert.equal((await emissary(['wait'], reported)).status, 0);
  assert.equal(readFileSync(kept.path('exitcode'), 'utf8'), ' 0\r\n');
});
