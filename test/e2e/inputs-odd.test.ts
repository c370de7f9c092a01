import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { makeTar, makeZip } from '../helpers/archives.ts';
import { forEachOf } from '../helpers/batches.ts';
import { inputs, refused, served, servedBytes } from '../helpers/inputs.ts';
import { requireProgram } from '../helpers/require.ts';
import { pod, tool } from '../helpers/saved.ts';
import { until } from '../helpers/until.ts';

test('init copies a directory with any names, without setuid, and rejects special files', async (t) => {
  const its = pod(t);
  const file = join(its.work, 'd');
  tool('sh', ['-c', 'mkdir d; cd d; : > "$(printf \'\\377\')"; : > x; chmod 4755 x'], its.work);
  assert.equal((await its.init(inputs({ name: 'd', path: '/d', file }))).status, 0);
  const staged = join(its.root, 'inputs/artifacts/d');
  assert.deepEqual(readdirSync(staged, { encoding: 'latin1' }).sort(), ['x', '\xff']);
  assert.equal(statSync(join(staged, 'x')).mode & 0o7777, 0o755);
  const cases: readonly (readonly [string, RegExp])[] = [
    ['mkfifo d/p', /d\/p is neither a file nor a directory\n$/],
    ['rm d/p; ln -s nothing d/l', /it contains a broken link: .*d\/l\n$/],
    ['rm d/l; ln -s . d/l', /the links in .*d form a cycle\n$/],
  ];
  for (const [script, sentence] of cases) {
    tool('sh', ['-c', script], its.work);
    await refused(pod(t), inputs({ name: 'd', path: '/d', file }), sentence);
  }
  const volume = inputs({ name: 'v', path: '/v', file: its.root });
  assert.match((await its.init(volume)).stderr, /contains the volume that the inputs are staged on\n$/);
});

test('init rejects a small archive that is truncated instead of keeping it as a file', async (t) => {
  const its = pod(t);
  const archive = join(its.work, 'archive');
  const input = inputs({ name: 'a', path: '/a', file: archive });
  const gzip = gzipSync(makeTar([{ path: 'a', content: 'a' }]));
  const zstd = zstdCompressSync(makeTar([{ path: 'a', content: 'a' }]), {
    params: { [constants.ZSTD_c_checksumFlag]: 1 },
  });
  const broken = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -8), Buffer.alloc(8)]);
  for (const bytes of [broken(gzip), Buffer.concat([gzip, Buffer.from('more')]), gzip.subarray(0, -3)]) {
    writeFileSync(archive, bytes);
    await refused(its, input, /a broken archive: /);
  }
  // As pzstd writes it: a skippable frame comes first.
  writeFileSync(archive, Buffer.concat([Buffer.from('502a4d180400000061626364', 'hex'), zstd]));
  assert.equal((await its.init(input)).status, 0);
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/a'), 'utf8'), 'a');
});

test('init rejects an unreadable archive instead of keeping it as a file', async (t) => {
  if (!requireProgram(t, 'strace')) return;
  const its = pod(t);
  const file = join(its.work, 'archive');
  writeFileSync(file, gzipSync(makeTar([{ path: 'a', content: 'a' }])));
  // It was fetched and is reopened for inspection.
  const fetched = join(its.root, '.inputs.tmp/.work/input');
  const trap = 'inject=openat:error=EIO:when=2';
  const under = ['strace', '-f', '-o', '/dev/null', '-P', fetched, '-e', trap];
  const { status, stderr } = await its.init(inputs({ name: 'a', path: '/a', file }), { under });
  assert.deepEqual(
    [status, stderr],
    [65, `emissary: Cannot stage input a (/a): EIO: i/o error, open '${fetched}'\n`],
  );
  assert.equal(existsSync(join(its.root, 'inputs')), false);
});

test('init treats a backslash in a zip as part of a name from Unix, else as a slash', async (t) => {
  const its = pod(t);
  const file = join(its.work, 'archive');
  const input = inputs({ name: 'z', path: '/z', file, archive: { zip: {} } });
  const zip = makeZip([{ path: 'd\\a' }, { path: 'b' }]);
  writeFileSync(file, zip);
  assert.equal((await its.init(input)).status, 0);
  assert.deepEqual(readdirSync(join(its.root, 'inputs/artifacts/z')).sort(), ['b', 'd\\a']);
  for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 1)) zip[at + 5] = 0;
  writeFileSync(file, zip);
  assert.equal((await its.init(input)).status, 0);
  assert.deepEqual(readdirSync(join(its.root, 'inputs/artifacts/z')).sort(), ['b', 'd']);
});

test('init ignores an invalid mtime in a tar entry', async (t) => {
  const its = pod(t);
  const file = join(its.work, 'archive');
  const more = makeTar([{ path: 'PaxHeader', content: '13 mtime=nan\n' }]).subarray(0, 1024);
  more.write('x', 156);
  more.fill(' ', 148, 156);
  const sum = more.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  more.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  writeFileSync(file, Buffer.concat([more, makeTar([{ path: 'a', content: 'a' }])]));
  const { status, stderr } = await its.init(inputs({ name: 'a', path: '/a', file }));
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/a'), 'utf8'), 'a');
});

test('init copies files of /proc and /sys to their end, whatever their reported size', async (t) => {
  const its = pod(t);
  const files = ['/proc/version', '/proc/kallsyms', '/sys/devices/system/cpu/possible'];
  const artifacts = files.map((file, index) => ({ name: file, path: `/x${index}`, file }));
  const readAll = () => files.map((file) => readFileSync(file));
  const texts = await until('the kernel loads nothing meanwhile', async () => {
    const before = readAll();
    const { status, stderr } = await its.init(inputs(...artifacts));
    assert.deepEqual([status, stderr], [0, '']);
    return readAll().every((text, index) => before[index]?.equals(text)) && before;
  });
  for (const [index, text] of texts.entries())
    assert.ok(readFileSync(join(its.root, `inputs/artifacts/x${index}`)).equals(text), `${files[index]}`);
  const unread = { name: 'm', path: '/m', file: '/proc/self/mem' };
  await refused(pod(t), inputs(unread), /Cannot stage input m \(\/m\): .*EIO/);
});

test('init rejects a file of /proc beyond the size limit', async (t) => {
  const file = '/proc/version';
  const template = { ...inputs({ name: 'v', path: '/v', file }), multiflexi: { limits: { inputBytes: 10 } } };
  await refused(pod(t), template, /larger than the limit of 10 bytes for an input\n$/);
});

test('init rejects a path in /proc without blocking', async (t) => {
  const its = pod(t);
  const template = inputs({ name: 'p', path: '/proc/x/y', raw: { data: 'x' } });
  assert.equal((await its.init(template)).status, 0);
  const { status, stderr } = await its.run('true');
  assert.deepEqual([status, stderr.split('\n').length], [65, 2], stderr);
  assert.match(stderr, /Cannot put input p at \/proc\/x\/y/);
});

test('init keeps an HTTP body as the server has it, whatever its declared encoding', async (t) => {
  const bytes = gzipSync('the file');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  for (const encoding of ['gzip', 'x-gzip', 'br']) {
    const host = await served(t, (_, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
    });
    const its = pod(t);
    const http = { url: `http://${host}/in.gz`, sha256 };
    const { status, stderr } = await its.init(inputs({ name: 'h', path: '/h', http, archive: { none: {} } }));
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(readFileSync(join(its.root, 'inputs/artifacts/h')), bytes);
  }
});

test('init follows HTTP redirections and sends the password only to its own server', async (t) => {
  const asked: (string | undefined)[] = [];
  const other = await served(t, (request, response) => {
    asked.push(request.headers.authorization);
    response.end('file');
  });
  const host = await served(t, ({ headers, url }, response) => {
    asked.push(headers.authorization);
    const location = { '/a': '/b', '/b': `http://${other}/`, '/loop': '/loop', '/out': 'file:///etc/passwd' };
    response.writeHead(302, { location: location[url as keyof typeof location] }).end();
  });
  const its = pod(t);
  const at = (path: string) =>
    inputs({ name: 'h', path: '/h', http: { url: `http://u:s3cret@${host}${path}` } });
  assert.equal((await its.init(at('/a'))).status, 0);
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/h'), 'utf8'), 'file');
  assert.deepEqual(
    asked.map((args) => args !== undefined),
    [true, true, false],
  );
  await refused(pod(t), at('/loop'), /\/loop: redirected more than 20 times\n$/);
  await refused(
    pod(t),
    at('/out'),
    /\/out: redirected to an address that is neither http:\/\/ nor https:\/\/\n$/,
  );
});

test('init reports an invalid HTTP response with one message without secrets', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`;
  const cut = /: the connection was closed before the transfer was complete\n$/;
  const answers: readonly (readonly [string, RegExp])[] = [
    ['HTTP/1.1 101 X\r\nUpgrade: y\r\nConnection: Upgrade\r\n\r\nabc', /: the server answered 101\n$/],
    [`${chunked}zz\r\n`, /: Parse Error: Invalid character in chunk size\n$/],
    [`${chunked}0\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`, /: Parse Error: Header overflow\n$/],
    [chunked, cut],
    [`${chunked}5\r\nab`, cut],
    [`${head}Content-Length: 5\r\n\r\nab`, cut],
    ['', cut],
    ['hello\n', /: Parse Error: Expected HTTP/],
    [`${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\nab`, /: Parse Error: Duplicate Content-Length\n$/],
    [`${head}X: ${'y'.repeat(1_000_000)}\r\n\r\n`, /: Parse Error: Header overflow\n$/],
    [`${head}${'X: y\r\n'.repeat(100_000)}\r\n`, /: Parse Error: Header overflow\n$/],
    [
      'HTTP/1.1 302 X\r\nLocation: http://[\r\n\r\n',
      /: redirected to an address that is neither http:\/\/ nor https:\/\/\n$/,
    ],
    [
      'HTTP/1.1 302 X\r\nLocation: http://u:s3cret@127.0.0.1:1/?t0ken\r\n\r\n',
      /: connect ECONNREFUSED 127\.0\.0\.1:1\n$/,
    ],
  ];
  await forEachOf(answers, async ([answer, sentence]) => {
    const host = await servedBytes(t, answer);
    const http = { url: `http://u:s3cret@${host}/in?t0ken` };
    const its = pod(t);
    await refused(its, inputs({ name: 'h', path: '/h', http }), sentence);
    const { stderr } = await its.init(inputs({ name: 'h', path: '/h', http }));
    assert.doesNotMatch(stderr, /s3cret|t0ken/);
  });
});

test('init accepts early hints, a response without a length, and more bytes than announced', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\n';
  for (const answer of [
    `HTTP/1.1 100 Continue\r\n\r\n${'HTTP/1.1 103 Early\r\nX: y\r\n\r\n'.repeat(50)}${head}Content-Length: 3\r\n\r\nabc`,
    'HTTP/1.0 200 OK\r\n\r\nabc',
    `${head}Content-Length: 3\r\n\r\nabcdef`,
    `${head}Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 3\r\n\r\nabc`,
  ]) {
    const its = pod(t);
    const http = { url: `http://${await servedBytes(t, answer)}/` };
    const { status, stderr } = await its.init(inputs({ name: 'h', path: '/h', http }));
    assert.deepEqual([status, stderr], [0, ''], answer);
    assert.equal(readFileSync(join(its.root, 'inputs/artifacts/h'), 'utf8'), 'abc');
  }
});

test('init accepts a URL with only a password, or an invalid percent code', async (t) => {
  for (const [user, sent] of [
    [':s3cret', ':s3cret'],
    ['u%zz:s3cret', 'u%zz:s3cret'],
  ]) {
    const host = await served(t, (request, response) => void response.end(request.headers.authorization));
    const its = pod(t);
    const url = `http://${user}@${host}/`;
    assert.equal((await its.init(inputs({ name: 'h', path: '/h', http: { url } }))).status, 0);
    const expected = `Basic ${Buffer.from(sent ?? '').toString('base64')}`;
    assert.equal(readFileSync(join(its.root, 'inputs/artifacts/h'), 'utf8'), expected);
  }
});
