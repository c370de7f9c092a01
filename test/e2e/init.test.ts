import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { inputs, served } from '../helpers/inputs.ts';
import { lacks, requireProgram, requireRoot } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

async function installed(root: string, args: readonly string[] = [], umask = '022'): Promise<void> {
  const under = ['sh', '-c', `umask ${umask}; exec "$0" "$@"`];
  const { status, stderr } = await emissary(['init', '--root', root, ...args], { under });
  assert.deepEqual([status, stderr], [0, '']);
}

test('init warns of a volume that already has a seal, and leaves the seal there', async (t) => {
  const root = temporaryVolume(t);
  await installed(root);
  await installed(root);
  await emissary(['run', '--', 'sh', '-c', 'exit 3'], { root });
  const { status, stderr } = await emissary(['init'], { root });
  const said = `emissary: Another job has already run on this volume (${root}/ctr/main/exitcode) and may be reported in place of this one; use a new volume for every job\n`;
  assert.deepEqual([status, stderr], [0, said]);
  assert.equal(readFileSync(join(root, 'ctr/main/exitcode'), 'utf8'), '3');
});

test('init rejects a volume on which another init works, and removes none of its files', async (t) => {
  const root = temporaryVolume(t);
  const answers: (() => void)[] = [];
  const host = await served(t, (_request, response) => answers.push(() => response.end('late')));
  const template = JSON.stringify(inputs({ name: 'late', path: '/late', http: { url: `http://${host}/` } }));
  const first = startEmissary(t, ['init'], { root, env: { EMISSARY_TEMPLATE: template } });
  const answer = await until('the first init fetches its input', () => answers[0]);
  const { status, stderr } = await emissary(['init'], { root });
  const said = `emissary: Cannot use the volume ${root}: another init is at work there\n`;
  assert.deepEqual([status, stderr], [64, said]);
  answer();
  assert.equal((await first.finished).status, 0, first.stderr());
  assert.equal(readFileSync(join(root, 'inputs/artifacts/late'), 'utf8'), 'late');
  assert.equal(readFileSync(join(root, 'template'), 'utf8'), template);
  // An init that has exited no longer holds the lock, however it exited.
  await installed(root);
});

test('init removes partial files of a killed init, and nothing else', async (t) => {
  if (!requireProgram(t, 'strace')) return;
  const root = temporaryVolume(t);
  const unnamed = () =>
    globSync(join(root, '{.*,runtime/*/.*}')).map((path) => basename(path).replace(/[0-9]+\.tmp$/, 'N.tmp'));
  const left = new Set<string>();
  // Killed at each rename to a final name.
  for (let nth = 1; ; nth++) {
    const trap = `inject=/^rename:signal=KILL:when=${nth}`;
    const under = ['strace', '-f', '-o', '/dev/null', '-e', 'trace=/^rename', '-e', trap];
    if ((await emissary(['init'], { root, under })).status === 0) break;
    for (const name of unnamed()) left.add(name);
    // Several are in progress: the program is copied while the libraries are unpacked.
    assert.ok(unnamed().length <= 2, `${nth}: ${unnamed()}`);
  }
  for (const name of ['program', 'libc.so.6', 'template', 'emissary', 'argoexec'])
    assert.ok(left.has(`.${name}.N.tmp`), `${name}: ${[...left]}`);
  writeFileSync(join(root, '.of-the-job.tmp'), '');
  await installed(root);
  assert.deepEqual(unnamed(), ['.of-the-job.tmp']);
});

for (const umask of ['022', '077', '000']) {
  test(`init lays out the volume under umask ${umask}`, async (t) => {
    const root = join(temporaryVolume(t), 'not', 'there', 'yet');
    await installed(root, [], umask);
    const modes = Object.fromEntries(
      [
        'emissary',
        'argoexec',
        'template',
        'ctr',
        'outputs',
        'outputs/parameters',
        'outputs/artifacts',
        '.',
      ].map((name) => [name, modeOf(join(root, name))]),
    );
    assert.deepEqual(modes, {
      emissary: '555',
      argoexec: '555',
      template: '444',
      ctr: '777',
      outputs: '777',
      'outputs/parameters': '777',
      'outputs/artifacts': '777',
      '.': '1777',
    });
    for (const file of globSync(join(root, 'runtime/*/*'))) assert.match(modeOf(file), /^[45]{3}$/, file);
    assert.equal(readFileSync(join(root, 'template'), 'utf8'), '{}');
  });
}

test('init installs a program that runs under both of its names', async (t) => {
  const root = temporaryVolume(t);
  await installed(root);
  for (const name of ['emissary', 'argoexec']) {
    const args = ['run', '--root', root, '--name', name, '--', 'sh', '-c', 'echo "$0 $1"; exit 7', 'é', ''];
    const { status, stdout } = await emissary(args, { program: join(root, name) });
    assert.deepEqual([status, stdout.toString()], [7, 'é \n']);
  }
});

test('init publishes the template byte for byte, from each of its sources', async (t) => {
  const template = '{ "outputs":\n  {"parameters": [{"name":"é", "valueFrom":{"path":"/x"}}]} }\n';
  const file = join(temporaryVolume(t), 'template.json');
  writeFileSync(file, template);
  const ways = [
    { args: ['--template', file] },
    { args: ['--template', '-'], stdin: template },
    { args: [], env: { EMISSARY_TEMPLATE: template } },
    { args: [], env: { ARGO_TEMPLATE: template } },
  ];
  for (const { args, ...surroundings } of ways) {
    const root = temporaryVolume(t);
    const { status } = await emissary(['init', ...args], { root, ...surroundings });
    assert.deepEqual([status, readFileSync(join(root, 'template'), 'utf8')], [0, template]);
  }
});

const refusals = [
  {
    what: 'JSON that ends early',
    template: '{"inputs":',
    message: /^emissary: Cannot read template .*not valid JSON/,
  },
  { what: 'a wrong type', template: '{"outputs":3}', message: /^emissary: Invalid template .*outputs: / },
  {
    what: 'a huge template',
    template: ' '.repeat(3 << 20),
    message: /^emissary: Cannot read template .*larger than/,
  },
];
for (const { what, template, message } of refusals) {
  test(`init rejects ${what} with 64, and writes nothing`, async (t) => {
    const root = temporaryVolume(t);
    const { status, stderr } = await emissary(['init', '--template', '-'], { root, stdin: template });
    assert.equal(status, 64);
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
    assert.deepEqual(readdirSync(root), []);
  });
}

test('init rejects a template that is missing or a directory, and writes nothing', async (t) => {
  const root = temporaryVolume(t);
  for (const path of [join(root, 'none'), root]) {
    const { status, stderr } = await emissary(['init', '--template', path], { root });
    assert.equal(status, 64);
    assert.match(stderr, /^emissary: Cannot read template of --template: (ENOENT|it is not a regular file)/);
    assert.deepEqual(readdirSync(root), []);
  }
});

test('init replaces a longer old file, a running program and itself', async (t) => {
  const root = temporaryVolume(t);
  writeFileSync(join(root, 'emissary'), Buffer.alloc(5000), { mode: 0o444 });
  mkdirSync(join(root, 'runtime/0123456789ab'), { recursive: true });
  await installed(root);
  assert.ok(statSync(join(root, 'emissary')).size < 1000);
  assert.ok(!existsSync(join(root, 'runtime/0123456789ab')), 'an older runtime is gone');
  const program = join(root, 'emissary');
  const job = startEmissary(t, ['run', '--', 'sh', '-c', 'echo ready; read line; exit 5'], {
    program,
    root,
    stdin: 'pipe',
  });
  await until('the job is ready', () => job.stdout().includes('ready'));
  await installed(root);
  const again = await emissary(['init'], { root, program });
  assert.deepEqual([again.status, again.stderr], [0, '']);
  job.process.stdin?.end('go on\n');
  assert.equal((await job.finished).status, 5);
  assert.equal(readdirSync(join(root, 'runtime')).length, 1);
  assert.deepEqual(globSync(join(root, '{.*,runtime/*/.*}')), [], 'no temporary file is left');
});

test('init never exposes partial files to programs that start meanwhile', async (t) => {
  const root = temporaryVolume(t);
  await installed(root);
  let busy = true;
  const installing = (async () => {
    for (let round = 0; round < 5; round++) await installed(root);
    busy = false;
  })();
  while (busy) {
    const { status } = await emissary(['--version'], { program: join(root, 'emissary') });
    assert.equal(status, 0);
  }
  await installing;
});

test('init explains an unusable root with one message each', async (t) => {
  const volume = temporaryVolume(t);
  writeFileSync(join(volume, 'file'), '');
  symlinkSync('/nowhere', join(volume, 'ctr'));
  const roots = [
    { root: 'relative', message: '--root is not an absolute path' },
    { root: join(volume, 'file'), message: `Cannot write "${volume}/file": it is not a directory` },
    {
      root: join(volume, 'file/below'),
      message: `Cannot write "${volume}/file/below": a part of its path is not a directory`,
    },
    { root: '/proc/none', message: 'Cannot write "/proc/none": ENOENT' },
    { root: volume, message: `Cannot write "${volume}/ctr": it is not a directory` },
  ];
  for (const { root, message } of roots) {
    const { status, stderr } = await emissary(['init', '--root', root]);
    assert.equal(status, 64, root);
    assert.ok(stderr.startsWith(`emissary: ${message}`), stderr);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
  }
});

const mounts = [
  {
    what: 'full',
    options: 'size=20m',
    message: /: the volume is full \(ENOSPC/,
    leaves: ['ctr', 'outputs', 'runtime'],
  },
  { what: 'read-only', options: 'ro', message: /: the volume is mounted read-only \(EROFS/, leaves: [] },
  {
    what: 'noexec',
    options: 'noexec',
    message: /programs cannot be started from its volume, which is mounted noexec/,
  },
];
for (const { what, options, message, leaves } of mounts) {
  test(`init detects that the volume is ${what}`, async (t) => {
    const root = mountedVolume(t, options);
    if (root === null) return;
    const { status, stderr } = await emissary(['init'], { root });
    assert.equal(status, 64);
    assert.match(stderr, message);
    if (leaves !== undefined) assert.deepEqual(readdirSync(root), leaves);
    assert.ok(globSync(join(root, '**/{.*.tmp,program}')).length === 0 || what === 'noexec', 'no half file');
  });
}

test('init rejects operands and unknown options', async (t) => {
  const root = temporaryVolume(t);
  for (const arg of ['operand', '--bogus', '--name=main']) {
    const { status, stderr } = await emissary(['init', arg], { root });
    assert.equal(status, 64);
    assert.match(stderr, /^emissary: .*see emissary init --help\n$/);
    assert.deepEqual(readdirSync(root), []);
  }
});

test('init works for a user without a name on a world-writable volume', async (t) => {
  const root = temporaryVolume(t);
  if (!requireRoot(t)) return;
  chmodSync(root, 0o777);
  const { status, stderr } = await emissary(['init'], { root, uid: 54321, gid: 54321 });
  assert.deepEqual([status, stderr], [0, '']);
  const other = { root, program: join(root, 'emissary'), uid: 12345, gid: 12345 };
  const job = await emissary(['run', '--', 'id', '-u'], other);
  assert.deepEqual([job.status, job.stdout.toString()], [0, '12345\n']);
});

/** A tmpfs with these options, or null after the test was skipped because mounting is not allowed. */
function mountedVolume(t: TestContext, options: string): string | null {
  const root = mkdtempSync(join(tmpdir(), 'emissary-test-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', root], { stdio: 'ignore' });
  } catch {
    rmdirSync(root);
    lacks(t, 'the right to mount');
    return null;
  }
  t.after(() => {
    execFileSync('umount', ['-l', root]);
    rmdirSync(root);
  });
  return root;
}
