import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { fixture } from '../helpers/fixture.ts';
import { startJob } from '../helpers/job.ts';
import { filesBelow, mirroredVolume } from '../helpers/mirrored-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

type Sent = Readonly<Record<string, string | number>>;

/** What a sender could try, and the sentence that ends it. */
const attacks: readonly {
  readonly title: string;
  readonly frames: readonly Sent[];
  readonly says: RegExp;
}[] = [
  ...[
    '../escaped',
    '/escaped',
    'ctr/../../escaped',
    'ctr/main/signal',
    'ctr/main/alive',
    'report/report.json',
  ].map((text) => ({
    title: `a record at ${text}`,
    frames: [{ type: 'file', offset: 1, text, bytes: 'x' }],
    says: /may not be mirrored/,
  })),
  {
    title: 'an output above the root',
    frames: [{ type: 'file', offset: 1, text: 'outputs/artifacts/../../../escaped', bytes: 'x' }],
    says: /may not be mirrored/,
  },
  {
    title: 'a growing file that is none',
    frames: [{ type: 'open', file: 1, offset: 0, text: 'ctr/main/exitcode' }],
    says: /may not be mirrored/,
  },
  {
    title: 'a container that was not announced',
    frames: [{ type: 'open', file: 1, offset: 0, text: 'ctr/other/stdout' }],
    says: /was not announced/,
  },
  {
    title: 'more than was announced',
    frames: [
      { type: 'file', offset: 3, text: 'outputs/artifacts/a' },
      { type: 'data', offset: 0, bytes: 'four' },
    ],
    says: /larger than announced/,
  },
  {
    title: 'a result of 17 MB',
    frames: [{ type: 'file', offset: 17 * 2 ** 20, text: 'ctr/main/result.json' }],
    says: /may not be mirrored/,
  },
  {
    title: 'a hole of 2 TB',
    frames: [
      { type: 'open', file: 1, offset: 0, text: 'ctr/main/stdout' },
      { type: 'hole', file: 1, offset: 0, text: String(2 ** 41) },
    ],
    says: /larger than 1099511627776 bytes/,
  },
  {
    title: 'more than the mirror may have',
    frames: [
      { type: 'open', file: 1, offset: 0, text: 'ctr/main/stdout' },
      { type: 'data', file: 1, offset: 0, bytes: 'x'.repeat(2_000) },
    ],
    says: /more than the 1000 bytes/,
  },
  { title: 'a frame of the receiver', frames: [{ type: 'letGo' }], says: /does not send such a frame/ },
];

for (const { title, frames, says } of attacks) {
  test(`a mirror refuses ${title}`, async (t) => {
    const { outer, status, stderr } = await receiveFrom(t, frames);
    assert.equal(status, 64);
    assert.match(stderr, says);
    assert.deepEqual(readdirSync(outer), ['mirror']);
  });
}

test('a mirror quotes what answers in place of a sender', async (t) => {
  const root = join(temporaryVolume(t), 'mirror');
  const script = 'echo "OCI runtime exec failed: no such container"; exec cat >/dev/null';
  const mirror = startEmissary(t, ['mirror', '--root', root, '--', 'sh', '-c', script]);
  const quoted = /something else than a frame arrived: OCI runtime exec failed: no such container/;
  await until('it quotes the answer', () => quoted.test(mirror.stderr()));
  mirror.kill('SIGTERM');
  assert.equal((await mirror.finished).status, 64);
});

test('a mirror has nothing of the links, FIFOs and other names that a job left among its outputs', async (t) => {
  const mirrored = mirroredVolume(t);
  const secret = join(temporaryVolume(t), 'secret');
  writeFileSync(secret, 'secret');
  const outputs = join(mirrored.far, 'outputs/artifacts');
  mkdirSync(join(outputs, 'directory'), { recursive: true });
  symlinkSync(secret, join(outputs, 'link'));
  symlinkSync('/', join(outputs, 'directory/root'));
  execFileSync('mkfifo', [join(outputs, 'fifo')]);
  writeFileSync(join(outputs, 'kept'), 'kept');
  writeFileSync(join(outputs, 'two'), 'names');
  linkSync(join(outputs, 'two'), join(outputs, 'names'));
  writeFileSync(Buffer.concat([Buffer.from(`${outputs}/odd\n`), Buffer.from([0xff, 0xfe])]), 'any bytes');
  writeFileSync(join(outputs, 'directory/empty'), '');
  writeFileSync(join(outputs, 'sparse'), 'begin');
  truncateSync(join(outputs, 'sparse'), 10e9);
  const mirror = await mirrored.start();
  startJob(t, ['true'], { root: mirrored.far });
  assert.equal((await mirror.finished).status, 0);
  // Two links, a FIFO, and two names of one file.
  assert.match(mirror.stderr(), /5 entries of the outputs are not mirrored/);
  const near = join(mirrored.near, 'outputs/artifacts');
  assert.equal(lstatSync(join(near, 'sparse')).size, 10e9);
  assert.ok(lstatSync(join(near, 'sparse')).blocks < 1_000);
  truncateSync(join(near, 'sparse'), 5);
  assert.deepEqual(
    [...filesBelow(near)].map(([path, bytes]) => [path, bytes.toString()]),
    [
      ['directory/empty', ''],
      ['kept', 'kept'],
      ['odd\n\xff\xfe', 'any bytes'],
      ['sparse', 'begin'],
    ],
  );
});

test('what a job has put in the place of a record is garbage on the mirror too', async (t) => {
  const mirrored = mirroredVolume(t);
  const mirror = await mirrored.start();
  const directory = join(mirrored.far, 'ctr/main');
  symlinkSync('/etc/passwd', join(directory, 'exitcode'));
  execFileSync('mkfifo', [join(directory, 'started')]);
  writeFileSync(join(directory, 'result.json'), Buffer.alloc(20e6, ' '));
  await until('the mirror is complete', () => mirror.process.exitCode !== null);
  assert.equal(readFileSync(join(mirrored.near, 'ctr/main/exitcode'), 'utf8'), 'not a file');
  assert.ok(lstatSync(join(mirrored.near, 'ctr/main/started')).isFile());
  const { stdout } = await emissary(['status', '--json'], { root: mirrored.near });
  assert.match(stdout.toString(), /"exitCode": 64/);
  assert.ok(existsSync(mirrored.near));
});

test('a mirror that has everything is complete, although its sender ends before it answers', async (t) => {
  const end = { type: 'end', text: JSON.stringify({ outputs: 0, skipped: 0 }) };
  const { status, stderr } = await receiveFrom(t, [end]);
  assert.equal(status, 0);
  assert.match(stderr, /The volume was taken, and not let go/);
});

test('a mirror of one volume refuses another one', async (t) => {
  const first = mirroredVolume(t);
  const mirror = await first.start();
  startJob(t, ['echo', 'first'], { root: first.far });
  assert.equal((await mirror.finished).status, 0);
  const second = temporaryVolume(t);
  const sender = [fixture('../../dist/emissary'), 'send', '--root', second];
  const { status, stderr } = await emissary(['mirror', '--root', first.near, '--', ...sender]);
  assert.equal(status, 64);
  assert.match(stderr, /the mirror is that of another volume/);
  assert.equal(readFileSync(join(first.near, 'ctr/main/stdout'), 'utf8'), 'first\n');
});

test('a mirror refuses a directory with something else in it, and one that has a receiver', async (t) => {
  const root = temporaryVolume(t);
  writeFileSync(join(root, 'precious'), '');
  const refused = await emissary(['mirror', '--root', root, '--', 'true']);
  assert.match(refused.stderr, /it has something in it that is not a mirror/);
  const mirrored = mirroredVolume(t);
  await mirrored.start();
  const { status, stderr } = await emissary(['mirror', '--root', mirrored.near, '--', 'true']);
  assert.equal(status, 64);
  assert.match(stderr, /another process receives there/);
});

async function receiveFrom(t: TestContext, frames: readonly Sent[]) {
  const outer = temporaryVolume(t);
  const sender = [process.execPath, fixture('sends-frames.ts'), JSON.stringify(frames)];
  const args = ['mirror', '--mirror-limit', '1000', '--root', join(outer, 'mirror'), '--', ...sender];
  return { outer, ...(await emissary(args)) };
}
