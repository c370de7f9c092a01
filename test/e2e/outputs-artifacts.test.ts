import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireProgram } from '../helpers/require.ts';
import { type Pod, pod, tool } from '../helpers/saved.ts';

/** Everything unusual that a tree can contain and an archive can store. */
const oddTree = `
  long=$(printf 'n%.0s' $(seq 1 200)); mkdir -p dir/sub dir/empty "dir/$long/$long"
  cd dir; : > nothing; echo a > a; ln a sub/hard; ln -s a link; ln -s nowhere dangling; ln -s sub tosub
  chmod 4751 a; chmod 700 sub; seq 1 300000 > big; head -c 900000 /dev/urandom > random
  echo x > "$long/$long/deep"; echo y > 'šč ř'; echo z > "$(printf 'bad\\377name')"; echo q > '-rf *'
  touch -d '2001-02-03 04:05:06Z' a; touch -d '2002-02-03 04:05:06Z' sub empty`;

function wants(work: string, archive: unknown, path = 'dir', more: object = {}) {
  return { outputs: { artifacts: [{ name: 'tree', path: join(work, path), archive, ...more }] } };
}

async function saved(
  { work, ...rest }: Pod,
  archive: unknown,
  script = oddTree,
  path = 'dir',
): Promise<string> {
  rest.template(wants(work, archive, path));
  const { status, stderr } = await rest.run(script);
  assert.deepEqual([status, stderr], [0, '']);
  return rest.artifact();
}

const unpackers = {
  tar: { archive: { tar: { compressionLevel: 6 } }, suffix: '.tgz', args: ['-xpzf'] },
  zstd: { archive: { zstd: { level: 3 } }, suffix: '.tar.zst', args: ['--zstd', '-xpf'] },
  none: { archive: { none: {} }, suffix: '.tar', args: ['-xpf'] },
} as const;

for (const [name, { archive, suffix, args }] of Object.entries(unpackers)) {
  test(`run saves a directory as ${name} that GNU tar extracts unchanged, whatever it contains`, async (t) => {
    const its = pod(t);
    const file = await saved(its, archive);
    assert.equal(file, join(its.root, 'outputs/artifacts', its.work, `dir${suffix}`));
    const out = join(its.work, 'out');
    mkdirSync(out);
    tool('tar', [...args, file, '-C', out]);
    tool('diff', ['-r', '--no-dereference', 'dir', 'out/dir'], its.work);
    const list = (directory: string) =>
      tool('find', ['.', '-printf', '%p %M %T@ %l %n %s\\n'], join(its.work, directory))
        .replaceAll(/\.\d{10} /g, ' ')
        .split('\n')
        .filter((line) => !/^\S* d/.test(line) || line.startsWith('./empty'))
        .sort();
    assert.deepEqual(list('out/dir'), list('dir'));
  });
}

test('run saves a directory as zip that unzip extracts unchanged', async (t) => {
  if (!requireProgram(t, 'unzip')) return;
  const its = pod(t);
  const file = await saved(its, { zip: {} }, `${oddTree}; rm bad*`);
  tool('unzip', ['-q', file, '-d', 'out'], its.work);
  tool('diff', ['-r', '--no-dereference', 'dir', 'out/dir'], its.work);
  assert.equal(statSync(join(its.work, 'out/dir/sub')).mode & 0o777, 0o700);
  assert.equal(statSync(join(its.work, 'out/dir/a')).mtimeMs, Date.UTC(2001, 1, 3, 4, 5, 6));
});

test('run saves a zip of one file under its base name', async (t) => {
  if (!requireProgram(t, 'unzip')) return;
  const file = await saved(pod(t), { zip: {} }, 'echo hi > one.txt', 'one.txt');
  assert.equal(tool('unzip', ['-Z1', file]), 'one.txt\n');
});

test('run saves a file with archive none unpacked', async (t) => {
  const its = pod(t);
  const file = await saved(its, { none: {} }, 'head -c 3000000 /dev/urandom > one.bin', 'one.bin');
  assert.equal(file, join(its.root, 'outputs/artifacts', its.work, 'one.bin'));
  assert.deepEqual(readFileSync(file), readFileSync(join(its.work, 'one.bin')));
});

for (const archive of [{ tar: {} }, { zip: {} }, { zstd: {} }, { none: {} }]) {
  test(`run saves the same tree as the same bytes, as recorded: ${Object.keys(archive)[0]}`, async (t) => {
    const [one, two] = [pod(t), pod(t)];
    const files = [await saved(one, archive), await saved(two, archive, `cp -a ${one.work}/dir dir`)];
    const [first, second] = files.map((file) =>
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    );
    assert.equal(first, second);
    const [record] = one.outputs().artifacts;
    assert.deepEqual([record?.sha256, record?.bytes], [first, statSync(files[0] ?? '').size]);
    assert.deepEqual([statSync(files[0] ?? '').mode & 0o777, record?.name], [0o644, 'tree']);
  });
}

for (const archive of [{ tar: {} }, { zip: {} }, { zstd: {} }, { none: {} }]) {
  test(`run saves the same bytes whatever the order on disk, CPUs, user, umask and time zone: ${Object.keys(archive)[0]}`, async (t) => {
    if (!requireProgram(t, 'taskset')) return;
    const [one, two] = [pod(t), pod(t)];
    const write = (order: string) =>
      `mkdir dir; for i in $(seq 1 300 | sort ${order}); do seq $i 999 > dir/$i.txt; done
       seq 1 400000 > dir/large; ln dir/large dir/again; ln -s large dir/link
       chmod 755 dir; chmod 644 dir/*; touch -h -d 2001-02-03T04:05:06Z dir/* dir`;
    for (const its of [one, two]) its.template(wants(its.work, archive));
    assert.equal((await one.run(write('-n'))).status, 0);
    const odd = {
      under: ['taskset', '--cpu-list', oneProcessor(), 'sh', '-c', 'umask 077; exec "$0" "$@"'],
      env: { TZ: 'Asia/Tokyo' },
    };
    const other = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    assert.equal((await two.run(write('-rn'), { ...odd, ...other })).status, 0);
    assert.equal(one.outputs().artifacts[0]?.sha256, two.outputs().artifacts[0]?.sha256);
  });
}

test('run uses the configured zstd level', async (t) => {
  const sizes: number[] = [];
  for (const level of [19, 1, 3]) {
    const write = `seq 1 200000 | awk '{print $1*7919%100003, $1*31%977, "level=" ($1%13)}' > text`;
    sizes.push(statSync(await saved(pod(t), { zstd: { level } }, write, 'text')).size);
  }
  assert.deepEqual([new Set(sizes).size, Math.min(...sizes)], [sizes.length, sizes[0]]);
});

test('run uses the configured compression level', async (t) => {
  const sizes: number[] = [];
  for (const compressionLevel of [0, 1, 6, 9]) {
    const its = pod(t);
    // Numbers that each level packs differently: a plain `seq` has the same size at 6 and 9.
    const write = `seq 1 200000 | awk '{print $1*7919%100003, $1*31%977, "level=" ($1%13)}' > text`;
    const file = await saved(its, { tar: { compressionLevel } }, write, 'text');
    sizes.push(statSync(file).size);
    tool('gzip', ['-t', file]);
  }
  assert.deepEqual(
    sizes,
    [...sizes].sort((a, b) => b - a),
  );
  assert.equal(new Set(sizes).size, sizes.length);
});

test("run ignores a trailing slash of an artifact's path", async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'tree', path: `${its.work}/dir///` }] } });
  assert.equal((await its.run('mkdir dir; echo > dir/a')).status, 0);
  assert.equal(its.artifact(), join(its.root, 'outputs/artifacts', its.work, 'dir.tgz'));
});

test('run saves the target of a link to a directory', async (t) => {
  const its = pod(t);
  const file = await saved(
    its,
    { tar: {} },
    'mkdir real; echo > real/a; ln -s a real/l; ln -s real link',
    'link',
  );
  assert.deepEqual(tool('tar', ['-tzf', file]).split('\n'), ['link/', 'link/a', 'link/l', '']);
});

test('run saves what a pattern matches, named relative to its last fixed directory', async (t) => {
  const its = pod(t);
  const script = 'mkdir -p out/x out/y; echo > out/x/1.csv; echo > out/y/2.csv; echo > out/y/3.txt';
  const file = await saved(its, { tar: {} }, script, 'out/*/*.csv');
  assert.deepEqual(tool('tar', ['-tzf', file]).split('\n'), ['x/1.csv', 'y/2.csv', '']);
  const literal = await saved(pod(t), { tar: {} }, "mkdir 'a[1]'; echo > 'a[1]/b'", 'a[1]');
  assert.deepEqual(tool('tar', ['-tzf', literal]).split('\n'), ['a[1]/', 'a[1]/b', '']);
});

test('run saves 10,000 small files, and one that is larger than all blocks together', async (t) => {
  const its = pod(t);
  const script = `mkdir -p dir; cd dir; i=0; while [ $i -lt 10000 ]; do echo $i > $i; i=$((i+1)); done
    seq 1 9000000 > large`;
  const file = await saved(its, { tar: { compressionLevel: 1 } }, script);
  tool('tar', ['-dzf', file], its.work);
});

/** A CPU that this process may use; the first one may not be allowed. */
function oneProcessor(): string {
  const [, first = '0'] =
    /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return first;
}
