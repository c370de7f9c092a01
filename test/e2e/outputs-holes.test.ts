import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inputs } from '../helpers/inputs.ts';
import { requireProgram } from '../helpers/require.ts';
import { type Pod, pod, tool } from '../helpers/saved.ts';

const archives = [
  { tar: { compressionLevel: 6 } },
  { tar: { compressionLevel: 0 } },
  { zip: {} },
  { zstd: {} },
  { none: {} },
];

/** Data at both ends, at odd offsets, in pieces below a page and above a block; only a hole; no hole. */
const sparseTree = `mkdir dir; cd dir
  truncate -s 60000001 a; for at in 0 4095 700000 1048576 5242881 59999990; do
    echo "at $at" | dd of=a bs=1 seek=$at conv=notrunc status=none; done
  head -c 900000 /dev/urandom | dd of=a bs=1M seek=20 oflag=seek_bytes conv=notrunc status=none
  truncate -s 30M only; truncate -s 1 tiny; echo end > small; truncate -s 9000 small
  head -c 3000000 /dev/urandom > end; truncate -s 40M end`;

function wanted({ work }: Pod, path: string, archive: object): object {
  return { outputs: { artifacts: [{ name: 'tree', path: join(work, path), archive }] } };
}

function unpack(its: Pod, kind: string, out: string): void {
  if (kind === 'zip') tool('unzip', ['-qq', its.artifact(), '-d', out]);
  else tool('tar', [...(kind === 'zstd' ? ['--zstd'] : []), '-xf', its.artifact(), '-C', out]);
}

for (const archive of archives) {
  const what = JSON.stringify(archive);
  const [kind = ''] = Object.keys(archive);
  test(`run saves sparse files unchanged: ${what}`, async (t) => {
    if (kind === 'zip' && !requireProgram(t, 'unzip')) return;
    const its = pod(t);
    its.template(wanted(its, 'dir', archive));
    assert.equal((await its.run(sparseTree)).status, 0);
    const out = join(its.work, 'out');
    mkdirSync(out);
    unpack(its, kind, out);
    tool('diff', ['-r', 'dir', 'out/dir'], its.work);
    const [artifact] = its.outputs().artifacts;
    const bytes = readFileSync(its.artifact());
    assert.deepEqual(
      [artifact?.bytes, artifact?.sha256],
      [bytes.length, createHash('sha256').update(bytes).digest('hex')],
    );
    assert.deepEqual(its.outputs().skipped, []);
  });

  test(`run saves the same archive whether or not its files have holes: ${what}`, async (t) => {
    const its = pod(t);
    its.template(wanted(its, 'dir', archive));
    await its.run(`${sparseTree}; touch -d @0 . *`);
    const [first] = its.outputs().artifacts;
    await its.run('cp -rp --sparse=never dir full; rm -r dir; mv full dir; du -sm dir');
    assert.ok(Number.parseInt(readFileSync(join(its.root, 'ctr/main/stdout'), 'utf8'), 10) > 120);
    assert.equal(its.outputs().artifacts[0]?.sha256, first?.sha256);
  });
}

test('run saves sparse files in archives that other tools can read', async (t) => {
  if (!requireProgram(t, 'python3')) return;
  const its = pod(t);
  const script = `import sys, tarfile, zipfile
name = sys.argv[1]
opened = zipfile.ZipFile(name) if name.endswith('.zip') else tarfile.open(name)
opened.extractall(sys.argv[2])`;
  for (const [index, archive] of [{ tar: {} }, { zip: {} }, { none: {} }].entries()) {
    its.template(wanted(its, 'dir', archive));
    assert.equal((await its.run(index === 0 ? sparseTree : 'true')).status, 0);
    const out = join(its.work, `out${index}`);
    mkdirSync(out);
    tool('python3', ['-c', script, its.artifact(), out]);
    tool('diff', ['-r', 'dir', `${out}/dir`], its.work);
  }
});

test('init restores sparse files that run has packed', async (t) => {
  for (const archive of [{ tar: {} }, { zip: {} }, { zstd: {} }, { none: {} }]) {
    const its = pod(t);
    its.template(wanted(its, 'dir', archive));
    assert.equal((await its.run(sparseTree)).status, 0);
    const how = 'zip' in archive ? { archive } : {};
    const back = inputs({ name: 'back', path: join(its.work, 'back'), file: its.artifact(), ...how });
    const { status, stderr } = await its.init(back);
    assert.equal(status, 0, stderr);
    tool('diff', ['-r', join(its.work, 'dir'), join(its.root, 'inputs/artifacts', its.work, 'back')]);
  }
});

test('run keeps the holes of a bare file and records the correct hash', async (t) => {
  const its = pod(t);
  its.template(wanted(its, 'file', { none: {} }));
  await its.run('truncate -s 600M file; echo x | dd of=file bs=1 seek=300000000 conv=notrunc status=none');
  const { size, blocks } = statSync(its.artifact());
  assert.deepEqual([size, blocks < 1000], [600 * 1024 ** 2, true], `${blocks} blocks`);
  tool('cmp', ['file', its.artifact()], its.work);
  const [sum] = tool('sha256sum', ['file'], its.work).split(' ');
  assert.equal(its.outputs().artifacts[0]?.sha256, sum);
});

for (const archive of [{ tar: {} }, { zip: {} }, { zstd: {} }]) {
  const [kind = ''] = Object.keys(archive);
  test(`run packs 50 GB of holes in the time of the archive's size: ${kind}`, async (t) => {
    const its = pod(t);
    its.template(wanted(its, 'file', archive));
    const { status } = await its.run('truncate -s 50G file');
    assert.equal(status, 0);
    assert.ok((its.outputs().artifacts[0]?.bytes ?? 0) < 60_000_000);
    const listed = { tar: ['true'], zip: ['unzip', '-Z1'], zstd: ['zstd', '-l'] }[kind] ?? [];
    const [program = 'true', ...args] = listed;
    if (requireProgram(t, program)) tool(program, [...args, its.artifact()]);
  });
}

test('init keeps the holes of inputs, both single files and directories', async (t) => {
  const its = pod(t);
  const other = pod(t);
  assert.equal((await other.run(sparseTree)).status, 0);
  tool('truncate', ['-s', '1G', join(other.work, 'dir/huge')]);
  const template = inputs(
    { name: 'tree', path: join(its.work, 'tree'), file: join(other.work, 'dir') },
    { name: 'one', path: join(its.work, 'one'), file: join(other.work, 'dir/huge'), archive: { none: {} } },
  );
  const { status, stderr } = await its.init(template);
  assert.equal(status, 0, stderr);
  const staged = join(its.root, 'inputs/artifacts', its.work);
  tool('diff', ['-r', join(other.work, 'dir'), join(staged, 'tree')]);
  for (const path of ['tree/a', 'tree/only', 'tree/huge', 'one'])
    assert.ok(statSync(join(staged, path)).blocks * 512 < 2_000_000, path);
  assert.equal(statSync(join(staged, 'one')).size, 1024 ** 3);
});
