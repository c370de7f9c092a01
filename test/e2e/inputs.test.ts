import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmissary } from '../helpers/emissary.ts';
import { freePort } from '../helpers/free-port.ts';
import { inputs, refused, served } from '../helpers/inputs.ts';
import { requireProgram, requireRoot } from '../helpers/require.ts';
import { type Pod, pod, tool } from '../helpers/saved.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { withMount } from '../helpers/with-mount.ts';

/** A tree and a tar of it: `in.tgz` contains `top/a`, `top/l -> a`. */
function packed(its: Pod): string {
  tool(
    'sh',
    ['-c', 'mkdir top; echo in > top/a; chmod 750 top; ln -s a top/l; tar czf in.tgz top'],
    its.work,
  );
  return join(its.work, 'in.tgz');
}

test('init stages text and base64 byte for byte, with their modes, whatever the umask', async (t) => {
  const its = pod(t);
  const at = (name: string) => join(its.work, 'new/place', name);
  const template = inputs(
    { name: 'text', path: at('text'), raw: { data: '$HOME `x` ä\r\n' } },
    { name: 'bytes', path: at('bytes'), rawBase64: 'AP/+\nDQo=', mode: 0o700 },
    { name: 'empty', path: at('empty'), raw: { data: '' } },
  );
  const under = ['sh', '-c', 'umask 077; exec "$0" "$@"'];
  assert.equal((await its.init(template, { under })).status, 0);
  assert.equal((await its.run(`cd new/place; cp text bytes empty ${its.work}`)).status, 0);
  const bytes = (name: string) => readFileSync(join(its.work, name), 'latin1');
  assert.deepEqual(
    [bytes('text'), bytes('bytes'), bytes('empty')],
    ['$HOME `x` Ã¤\r\n', '\0\xff\xfe\r\n', ''],
  );
  const mode = (name: string) => statSync(at(name)).mode & 0o777;
  assert.deepEqual([mode('text'), mode('bytes')], [0o644, 0o700]);
});

test('init unpacks a tar unless configured otherwise; its only entry becomes the input', async (t) => {
  const its = pod(t);
  const file = packed(its);
  const at = (name: string) => join(its.work, name);
  const template = inputs(
    { name: 'unpacked', path: at('unpacked'), file },
    { name: 'kept', path: at('kept.tgz'), file, archive: { none: {} } },
    { name: 'within', path: at('unpacked/sub/more'), raw: { data: 'more' } },
  );
  assert.equal((await its.init(template)).status, 0);
  assert.equal((await its.run('cat unpacked/a unpacked/l unpacked/sub/more; cmp in.tgz kept.tgz')).status, 0);
  assert.equal(readFileSync(join(its.root, 'ctr/main/stdout'), 'utf8'), 'in\nin\nmore');
  assert.equal(statSync(at('unpacked')).mode & 0o777, 0o750);
});

test('init restores what run has packed', async (t) => {
  for (const archive of [{ tar: {} }, { zstd: {} }, { zip: {} }, { none: {} }]) {
    const its = pod(t);
    its.template({ outputs: { artifacts: [{ name: 'd', path: join(its.work, 'dir'), archive }] } });
    const tree =
      'mkdir -p dir/empty dir/ž; seq 1 300000 > dir/big; ln -s big dir/l; echo > dir/ž/x; chmod 600 dir/ž/x';
    assert.equal((await its.run(tree)).status, 0);
    const other = pod(t);
    const path = join(other.work, 'back');
    const how = 'zip' in archive ? { archive } : {};
    const template = inputs({ name: 'd', path, file: its.artifact(), ...how });
    assert.equal((await other.init(template)).status, 0);
    assert.equal((await other.run('true')).status, 0);
    tool('diff', ['-r', '--no-dereference', join(its.work, 'dir'), `${path}/`]);
    assert.equal(statSync(join(path, 'ž/x')).mode & 0o777, 0o600);
  }
});

test('init copies a directory as a mounted config map shows it', async (t) => {
  const its = pod(t);
  tool(
    'sh',
    ['-c', 'mkdir -p m/..1; echo v > m/..1/key; ln -s ..1 m/..data; ln -s ..data/key m/key'],
    its.work,
  );
  assert.equal((await its.init(inputs({ name: 'm', path: '/m', file: join(its.work, 'm') }))).status, 0);
  assert.deepEqual(readdirSync(join(its.root, 'inputs/artifacts/m')), ['key']);
});

test('init fetches over HTTP, checks SHA-256, and retries transient failures', async (t) => {
  const its = pod(t);
  let asked = 0;
  const host = await served(t, (request, response) => {
    asked += 1;
    const may = request.headers.authorization === `Basic ${Buffer.from('user:s3cret').toString('base64')}`;
    response.writeHead(asked === 1 ? 503 : may ? 200 : 401).end('body');
  });
  const url = `http://user:s3cret@${host}/file?token=t0ken`;
  const sha256 = createHash('sha256').update('body').digest('hex').toUpperCase();
  const template = (sum: string) => inputs({ name: 'h', path: '/h', http: { url, sha256: sum } });
  assert.equal((await its.init(template(sha256))).status, 0);
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/h'), 'utf8'), 'body');
  const { status, stderr } = await its.init(template('0'.repeat(64)));
  assert.equal(status, 65);
  assert.match(stderr, /SHA-256 is/);
  assert.doesNotMatch(stderr, /s3cret|t0ken/);
});

test('init rejects an incomplete file over HTTP', async (t) => {
  const its = pod(t);
  for (const answer of [204, 206]) {
    const host = await served(t, (_, response) => void response.writeHead(answer).end());
    const http = { url: `http://${host}/file` };
    await refused(its, inputs({ name: 'h', path: '/h', http }), new RegExp(`the server answered ${answer}`));
  }
  const short = await served(t, (_, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('some');
    setImmediate(() => response.destroy());
  });
  await refused(its, inputs({ name: 'h', path: '/h', http: { url: `http://${short}/` } }), /closed/);
});

test('init killed while staging leaves no program, so that no job starts without inputs', async (t) => {
  const root = temporaryVolume(t);
  const asked = Promise.withResolvers<void>();
  // This request is never answered.
  const host = await served(t, () => asked.resolve());
  const template = inputs({ name: 'data', path: '/tmp/data', http: { url: `http://${host}/data` } });
  const init = startEmissary(t, ['init'], { root, env: { EMISSARY_TEMPLATE: JSON.stringify(template) } });
  await asked.promise;
  init.kill('SIGKILL');
  await init.finished;
  const found = readdirSync(root);
  assert.deepEqual([found.includes('emissary'), found.includes('template')], [false, false]);
});

test('init reports HTTPS to a server that speaks only HTTP with one message', async (t) => {
  const host = await served(t, (_, response) => void response.end());
  const http = { url: `https://u:s3cret@${host}/file?t0ken` };
  await refused(
    pod(t),
    inputs({ name: 'h', path: '/h', http }),
    /\/file: TLS failed: wrong version number\n$/,
  );
});

test('init exits 65 with one message for an unavailable input, and leaves no partial file', async (t) => {
  const host = await served(t, (_, response) => void response.writeHead(404).end());
  const its = pod(t);
  writeFileSync(join(its.work, 'text'), 'no archive');
  tool('mkfifo', [join(its.work, 'fifo')]);
  const good = { name: 'good', path: '/a/good', raw: { data: 'x' } };
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ rawBase64: 'AAA' }, /not valid base64/],
    [{ rawBase64: 'A*==' }, /not valid base64/],
    [{ file: join(its.work, 'nope') }, /does not exist/],
    [{ file: join(its.work, 'fifo') }, /neither a file nor a directory/],
    [{ file: join(its.work, 'text'), archive: { tar: {} } }, /not a tar/],
    [{ file: join(its.work, 'text'), archive: { zip: {} } }, /broken archive/],
    [{ http: { url: `http://${host}/x` } }, /answered 404/],
    [{ http: { url: `http://127.0.0.1:${await freePort()}/x` } }, /ECONNREFUSED/],
  ];
  for (const [source, sentence] of cases)
    await refused(its, inputs(good, { name: 'bad', path: '/a/bad', ...source }), sentence);
  await refused(its, inputs(good, { ...good, name: 'twin' }), /both have the path/);
  await refused(its, inputs(good, { ...good, name: 'under', path: '/a/good/x' }), /not a directory/);
  const { status, stderr } = await its.init(inputs({ ...good, path: '/a/../b' }));
  assert.equal(status, 64);
  assert.match(stderr, /inputs\.artifacts\[0\]\.path/);
});

test('init warns of an unavailable optional input, and the job runs', async (t) => {
  const its = pod(t);
  const path = join(its.work, 'in');
  const { status, stderr } = await its.init(inputs({ name: 'o', path, file: '/not/there', optional: true }));
  assert.deepEqual([status, /does not exist; it is optional/.test(stderr)], [0, true]);
  assert.equal((await its.run('test ! -e in')).status, 0);
});

test('init replaces everything that an earlier init staged', async (t) => {
  const its = pod(t);
  assert.equal(
    (await its.init(inputs({ name: 'a', path: '/a', raw: { data: 'a much longer text' } }))).status,
    0,
  );
  assert.equal((await its.init(inputs({ name: 'b', path: '/b', raw: { data: 'b' } }))).status, 0);
  assert.deepEqual(readdirSync(join(its.root, 'inputs/artifacts')), ['b']);
  assert.equal((await its.init({})).status, 0);
  assert.equal(readdirSync(its.root).includes('inputs'), false);
});

test('run executes the script, byte for byte as in the template', async (t) => {
  const its = pod(t);
  assert.equal((await its.init({ script: { source: '#!/bin/sh\nprintf "$1 \\$x"\nexit 4' } })).status, 0);
  assert.equal(statSync(join(its.root, 'inputs/.script')).mode & 0o777, 0o755);
  assert.equal((await its.run('exec "$0" arg')).status, 4);
  assert.equal(readFileSync(join(its.root, 'ctr/main/stdout'), 'utf8'), 'arg $x');
});

test('run replaces a file by an input, puts inputs into directories, and leaves a mounted volume alone', async (t) => {
  const its = pod(t);
  const file = packed(its);
  tool(
    'sh',
    ['-c', 'echo old > f; mkdir d vol; echo old > d/a; echo mine > d/other; echo data > vol/f'],
    its.work,
  );
  const at = (name: string) => join(its.work, name);
  const template = inputs(
    { name: 'f', path: at('f'), raw: { data: 'new' } },
    { name: 'd', path: at('d'), file },
  );
  assert.equal((await its.init(template)).status, 0);
  assert.equal((await its.run('cat f d/a d/other')).status, 0);
  assert.equal(readFileSync(join(its.root, 'ctr/main/stdout'), 'utf8'), 'newin\nmine\n');
  assert.equal((await its.run('true')).status, 0, 'a second start finds its own links');
  const onVolume = {
    ...inputs({ name: 'v', path: at('vol/f'), raw: { data: 'no' } }),
    volumeMounts: [{ name: 'v', mountPath: `${at('vol')}/` }],
  };
  assert.equal((await its.init(onVolume)).status, 0);
  const { status, stderr } = await its.run('echo ran');
  assert.equal(status, 65);
  assert.match(stderr, /already exists in the volume mounted at \S+, where nothing is replaced/);
  assert.equal(readFileSync(at('vol/f'), 'utf8'), 'data\n');
  assert.equal(readFileSync(join(its.root, 'ctr/main/exitcode'), 'utf8'), '65');
});

test("run reports that the job's user may not write inputs, and does not start the job", async (t) => {
  if (!requireRoot(t)) return;
  const its = pod(t);
  mkdirSync(join(its.work, 'closed'));
  chmodSync(join(its.work, 'closed'), 0o755);
  assert.equal(
    (await its.init(inputs({ name: 'c', path: join(its.work, 'closed/c'), raw: { data: '' } }))).status,
    0,
  );
  const { status, stderr } = await its.run('echo ran', { uid: 65534, gid: 65534 });
  assert.equal(status, 65);
  assert.match(stderr, /may not write to .*closed; mount a volume there/);
});

test('init preserves modes and links of a zip', async (t) => {
  if (!requireProgram(t, 'zip')) return;
  const its = pod(t);
  tool(
    'sh',
    ['-c', 'mkdir -p z/s; echo > z/s/a; chmod 751 z/s/a; ln -s s/a z/l; zip -qry z.zip z'],
    its.work,
  );
  const template = inputs({ name: 'z', path: '/z', file: join(its.work, 'z.zip'), archive: { zip: {} } });
  assert.equal((await its.init(template)).status, 0);
  tool('diff', ['-r', '--no-dereference', join(its.work, 'z'), join(its.root, 'inputs/artifacts/z')]);
  assert.equal(statSync(join(its.root, 'inputs/artifacts/z/s/a')).mode & 0o777, 0o751);
});

test('init exits 65 on a full volume, and leaves no inputs', async (t) => {
  const its = pod(t);
  tool('sh', ['-c', 'head -c 40000000 /dev/urandom > noise; tar czf noise.tgz noise'], its.work);
  for (const name of ['noise', 'noise.tgz'])
    await withMount(t, { root: its.root, options: 'size=120m' }, async () => {
      const good = { name: 'good', path: '/a/good', raw: { data: 'x' } };
      const large = { name: 'large', path: '/a/large', file: join(its.work, name) };
      await refused(its, inputs(good, large), /input large \(\/a\/large\): the volume is full/);
    });
});

test('init exits 65 on an exhausted quota or file size limit, and names it', async (t) => {
  if (!requireProgram(t, 'strace')) return;
  const its = pod(t);
  const template = inputs({ name: 'text', path: '/text', raw: { data: 'text' } });
  const staged = join(its.root, '.inputs.tmp/.work/input');
  const log = join(its.work, 'calls');
  for (const [error, reason] of [
    ['EDQUOT', "the volume's quota is used up"],
    ['EFBIG', 'larger than a file of the volume may be'],
  ] as const) {
    const under = [
      'strace',
      '-f',
      '-b',
      'execve',
      '-o',
      log,
      '-P',
      staged,
      '-e',
      `inject=write:error=${error}`,
    ];
    const { status, stderr } = await its.init(template, { under });
    assert.deepEqual([status, stderr], [65, `emissary: Cannot stage input text (/text): ${reason}\n`]);
  }
});

test('run reports a read-only input path, and does not start the job', async (t) => {
  const its = pod(t);
  const path = join(its.work, 'ro/in');
  mkdirSync(join(its.work, 'ro'));
  assert.equal((await its.init(inputs({ name: 'r', path, raw: { data: '' } }))).status, 0);
  await withMount(t, { root: join(its.work, 'ro'), options: 'ro' }, async () => {
    const { status, stderr } = await its.run('echo ran');
    assert.equal(status, 65);
    assert.match(stderr, /the container's root is read-only; mount a volume at .*\/ro\n/);
    assert.equal(readFileSync(join(its.root, 'ctr/main/stdout'), 'utf8'), '');
  });
});
