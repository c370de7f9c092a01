import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import type { FrameParts } from '../../src/contract/mirror/frame.ts';
import { FrameEncoder } from '../../src/contract/mirror/frame-stream.ts';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { startJob, startReadyJob } from '../helpers/job.ts';
import { assertSame, filesBelow, mirroredVolume } from '../helpers/mirrored-job.ts';
import { program } from '../helpers/program.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { roomyParent, temporaryVolume } from '../helpers/volume.ts';
import { withMount } from '../helpers/with-mount.ts';

test('a results directory from a mirror is the same as from the volume', async (t) => {
  const mirrored = mirroredVolume(t);
  const [here, there] = [temporaryVolume(t), temporaryVolume(t)];
  const tree = join(temporaryVolume(t), 'tree');
  mkdirSync(tree);
  for (const size of [0, 1, 70_000, 3_000_000]) writeFileSync(join(tree, `f${size}`), randomBytes(size));
  const artifacts = [
    { name: 'packed', path: tree },
    { name: 'bare', path: join(tree, 'f3000000'), archive: { none: {} } },
  ];
  const parameters = [{ name: 'p', valueFrom: { path: join(tree, 'f1') } }];
  const containerSet = { containers: [{ name: 'helper' }, { name: 'main', dependencies: ['helper'] }] };
  const template = { containerSet, outputs: { artifacts, parameters } };
  writeFileSync(join(mirrored.far, 'template'), JSON.stringify(template));
  const env = (directory: string) => ({ MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_DIR: directory });
  const mirror = await mirrored.start();
  const reporters = [
    startEmissary(t, ['wait'], { root: mirrored.near, env: env(here) }),
    startEmissary(t, ['wait'], { root: mirrored.far, env: env(there) }),
  ];
  startJob(t, ['sh', '-c', 'echo out; echo err >&2'], { root: mirrored.far });
  startJob(t, ['echo', 'helped'], { root: mirrored.far, name: 'helper' });
  assert.equal((await mirror.finished).status, 0);
  for (const reporter of reporters) assert.equal((await reporter.finished).status, 0);
  assertSame(mirrored);
  const [ours, theirs] = [filesBelow(here), filesBelow(there)];
  assert.deepEqual([...ours.keys()], [...theirs.keys()]);
  for (const [path, bytes] of ours) {
    const other = theirs.get(path) ?? Buffer.alloc(0);
    if (path.endsWith('report.json')) assert.deepEqual(reportIn(bytes), reportIn(other));
    else assert.ok(other.equals(bytes), path);
  }
});

/** Without what depends on which container a reporter happened to see first. */
function reportIn(bytes: Buffer): Record<string, unknown> {
  return { ...(JSON.parse(bytes.toString()) as Record<string, unknown>), pid: null, started: null };
}

test('a signal request on the mirror reaches the job once, and is taken away', async (t) => {
  const mirrored = mirroredVolume(t);
  const mirror = await mirrored.start();
  const script =
    "trap 'echo usr1' USR1; trap 'echo term; exit 4' TERM; echo ready; while :; do sleep 0.05; done";
  const job = await startReadyJob(t, ['sh', '-c', script], { root: mirrored.far });
  await until('the mirror shows it', () => existsSync(join(mirrored.near, 'ctr/main/started')));
  for (const signal of ['USR1', 'TERM']) {
    const { status, stderr } = await emissary(['signal', 'main', signal], { root: mirrored.near });
    assert.deepEqual([status, stderr], [0, '']);
    await until('it was taken away', () => !existsSync(join(mirrored.near, 'ctr/main/signal')));
    await until('the job has it', () => job.stdout().includes(signal.toLowerCase()));
  }
  assert.equal((await job.finished).status, 4);
  assert.equal((await mirror.finished).status, 0);
  assert.equal(readFileSync(join(mirrored.near, 'ctr/main/stdout'), 'utf8'), 'ready\nusr1\nterm\n');
});

test('hold exits 0 when the mirror is complete, and holds the volume before', async (t) => {
  const mirrored = mirroredVolume(t);
  const holder = startEmissary(t, ['hold'], { root: mirrored.far });
  const job = startJob(t, ['echo', 'done'], { root: mirrored.far });
  await job.finished;
  assert.equal(holder.process.exitCode, null);
  const mirror = await mirrored.start();
  assert.equal((await mirror.finished).status, 0);
  const { status, stderr } = await holder.finished;
  assert.deepEqual([status, stderr], [0, '']);
});

test('a volume that its job has filled is mirrored, and let go', async (t) => {
  const mirrored = mirroredVolume(t);
  await withMount(t, { root: mirrored.far, options: 'size=2m' }, async () => {
    const holder = startEmissary(t, ['hold'], { root: mirrored.far });
    await until('it holds the volume', () => existsSync(join(mirrored.far, 'hold/turn')));
    // Its output is there before there is no space for it.
    const script =
      'echo done; until [ -s ctr/main/stdout ]; do sleep 0.01; done; head -c 10000000 /dev/zero > filler; exit 5';
    const job = startJob(t, ['sh', '-c', script], { root: mirrored.far, cwd: mirrored.far });
    assert.equal((await job.finished).status, 5);
    const mirror = await mirrored.start();
    assert.equal((await mirror.finished).status, 0);
    assert.equal((await holder.finished).status, 0);
    assert.equal(readFileSync(join(mirrored.near, 'ctr/main/stdout'), 'utf8'), 'done\n');
  });
});

test('hold exits 64 when nobody takes the volume in time', async (t) => {
  const root = temporaryVolume(t);
  const holder = startEmissary(t, ['hold', '--hold', '0.5'], { root });
  startJob(t, ['true'], { root });
  const { status, stderr } = await holder.finished;
  assert.equal(status, 64);
  assert.equal(stderr, "emissary: Nobody took the job's results within 0.5 s after its end\n");
});

test('hold exits 64 after the grace on SIGTERM, and at once on a second one', async (t) => {
  for (const args of [['--grace', '0.2'], []]) {
    const root = temporaryVolume(t);
    const holder = startEmissary(t, ['hold', ...args], { root });
    await until('it holds the volume', () => existsSync(join(root, 'ctr/main')));
    holder.kill('SIGTERM');
    const repeated = args.length > 0 ? null : setInterval(() => holder.kill('SIGTERM'), 20);
    const { status, stderr } = await holder.finished;
    if (repeated !== null) clearInterval(repeated);
    assert.deepEqual([status, stderr], [64, "emissary: Stopped before anybody took the job's results\n"]);
  }
});

test('10 MB of every byte arrive through a terminal that echoes, with a sender that is told nothing', async (t) => {
  if (!requireProgram(t, 'script')) return;
  const far = temporaryVolume(t);
  const near = join(temporaryVolume(t), 'mirror');
  const all = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  const bytes = Buffer.concat(Array.from({ length: 40_000 }, () => all));
  const file = join(temporaryVolume(t), 'bytes');
  writeFileSync(file, bytes);
  const job = startJob(t, ['cat', file], { root: far });
  assert.equal((await job.finished).status, 0);
  const exec = [
    'script',
    '--quiet',
    '--flush',
    '--command',
    `exec ${program} send --root ${far}`,
    '/dev/null',
  ];
  const { status, stderr } = await emissary(['mirror', '--encoding', 'text', '--root', near, '--', ...exec]);
  assert.deepEqual([status, stderr], [0, '']);
  assertSame({ far, near });
});

test('a mirror has 1 GB of output', async (t) => {
  const mirrored = mirroredVolume(t, {}, roomyParent(4e9));
  const mirror = await mirrored.start();
  const job = startJob(t, ['sh', '-c', 'yes 0123456789abcdef | head -c 1000000000'], { root: mirrored.far });
  job.process.stdout?.removeAllListeners('data').resume();
  assert.equal((await job.finished).status, 0);
  assert.equal((await mirror.finished).status, 0);
  const paths = [mirrored.far, mirrored.near].map((root) => join(root, 'ctr/main/stdout'));
  const [far, near] = await Promise.all(paths.map(hashOf));
  assert.equal(near, far);
});

test('a mirror has 100,000 small outputs, through connections that break', async (t) => {
  const mirrored = mirroredVolume(t, { cuts: [2_000_000, 2_000_000] }, roomyParent(4e9));
  const outputs = join(mirrored.far, 'outputs/artifacts');
  for (let directory = 0; directory < 100; directory += 1) {
    mkdirSync(join(outputs, String(directory)), { recursive: true });
    for (let file = 0; file < 1_000; file += 1)
      writeFileSync(join(outputs, String(directory), `${file}`), `${directory}.${file}\n`);
  }
  const mirror = await mirrored.start();
  startJob(t, ['true'], { root: mirrored.far });
  assert.equal((await mirror.finished).status, 0);
  assert.equal(mirrored.senders().length, 3);
  assertSame(mirrored);
});

test('a large output is continued where the last connection broke', async (t) => {
  const mirrored = mirroredVolume(t, { cuts: [20_000_000, 20_000_000, 15_000_000] }, roomyParent(1e9));
  const path = join(temporaryVolume(t), 'large');
  writeFileSync(path, randomBytes(60_000_000));
  const template = { outputs: { artifacts: [{ name: 'large', path, archive: { none: {} } }] } };
  const job = startJob(t, ['true'], { root: mirrored.far, template });
  assert.equal((await job.finished).status, 0);
  const mirror = await mirrored.start();
  assert.equal((await mirror.finished).status, 0);
  assertSame(mirrored);
  // No connection has carried again what an earlier one had.
  await until('the senders have ended', () => mirrored.senders().every((pid) => !existsSync(`/proc/${pid}`)));
  // The last connection may be closed before it has told what it carried.
  const carried = mirrored.carried();
  assert.ok(carried.length >= 3, carried.join(' '));
  assert.ok(carried.reduce((sum, bytes) => sum + bytes, 0) < 66_000_000, carried.join(' '));
});

test('a receiver that lets go in the middle ends sender and hold', async (t) => {
  const root = temporaryVolume(t);
  const outputs = join(root, 'outputs/artifacts');
  mkdirSync(outputs, { recursive: true });
  for (let file = 0; file < 200; file += 1) writeFileSync(join(outputs, `${file}`), randomBytes(1_000_000));
  const holder = startEmissary(t, ['hold'], { root });
  await startJob(t, ['true'], { root }).finished;
  const sender = startEmissary(t, ['send'], { root, stdin: 'pipe' });
  const encoder = new FrameEncoder('binary', 'receiver');
  const say = (frame: FrameParts) => sender.process.stdin?.write(Buffer.concat(encoder.encode(frame).pieces));
  say({ type: 'start', text: JSON.stringify({ volume: null, after: null, partial: null }) });
  // The window is full, and nothing is acknowledged.
  await until('it waits for an acknowledgement', () => sender.stdout().length > 8_000_000);
  say({ type: 'letGo' });
  say({ type: 'ack', offset: sender.stdout().length });
  assert.equal((await sender.finished).status, 0);
  assert.ok(sender.stdout().length < 20_000_000);
  assert.equal((await holder.finished).status, 0);
});

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
