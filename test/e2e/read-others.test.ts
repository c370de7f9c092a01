import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { limits } from '../../src/base/limits.ts';
import { emissary } from '../helpers/emissary.ts';
import { keptBy, runJob } from '../helpers/job.ts';
import { requireRoot } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A command that waits for somebody else is ended after this many seconds, with another exit status. */
const under = ['timeout', '-k', '1', '30'];

/** What may be in place of a file, and the expected message. */
const others: Readonly<Record<string, readonly [(path: string) => void, RegExp]>> = {
  'a FIFO': [(path) => execFileSync('mkfifo', [path]), /not a regular file/],
  'a link to a device': [(path) => symlinkSync('/dev/zero', path), /not a regular file/],
  'a link to a FIFO': [
    (path) => {
      execFileSync('mkfifo', [`${path}.fifo`]);
      symlinkSync(`${path}.fifo`, path);
    },
    /not a regular file/,
  ],
  'a directory': [(path) => mkdirSync(path), /not a regular file/],
  'a file without end': [(path) => execFileSync('truncate', ['-s', '1T', path]), /larger than \d+ bytes/],
};

interface Reading {
  readonly args: readonly string[];
  /** The file, relative to the test's own directory. */
  readonly file: string;
  readonly env?: (file: string) => Readonly<Record<string, string>>;
  /** Whether the refusal is sealed. */
  readonly sealed?: boolean;
}

const job = { MULTIFLEXI_JOB_ID: '7' };
const rest = { ...job, MULTIFLEXI_API_URL: 'https://127.0.0.1:1/', MULTIFLEXI_API_USER: 'u' };
const readings: Readonly<Record<string, Reading>> = {
  'the template on the volume': { args: ['run', '--', 'true'], file: 'template', sealed: true },
  'the file of variables': {
    args: ['run', '--', 'true'],
    file: 'more',
    env: (file) => ({ EMISSARY_ENV_FILE: file }),
    sealed: true,
  },
  'the file of arguments': {
    args: ['run', '--', 'true'],
    file: 'words',
    env: (file) => ({ EMISSARY_ARGS_FILE: file }),
    sealed: true,
  },
  'the template of init': { args: ['init', '--template', 'given'], file: 'given' },
  'an application definition': { args: ['manifest', 'app.json'], file: 'app.json' },
  'the address of the database': {
    args: ['wait'],
    file: 'address',
    env: (file) => ({ ...job, MULTIFLEXI_DATABASE_URL_FILE: file }),
  },
  'the authority of the database': {
    args: ['wait'],
    file: 'ca',
    env: (file) => ({ ...job, MULTIFLEXI_DATABASE_URL: `mysql://u:p@127.0.0.1/d?ssl-ca=${file}` }),
  },
  'the password of the REST server': {
    args: ['wait'],
    file: 'password',
    env: (file) => ({ ...rest, MULTIFLEXI_API_PASSWORD_FILE: file }),
  },
  'the authority of the REST server': {
    args: ['wait'],
    file: 'ca',
    env: (file) => ({ ...rest, MULTIFLEXI_API_PASSWORD: 'x', MULTIFLEXI_API_CA_FILE: file }),
  },
};

for (const [what, reading] of Object.entries(readings)) {
  for (const [other, [make, said]] of Object.entries(others)) {
    test(`${what} that is ${other} is refused with one message and exit status 64`, async (t) => {
      const root = temporaryVolume(t);
      const file = join(root, reading.file);
      make(file);
      const { status, stderr } = await ended(root, reading);
      assert.match(stderr, said);
      assert.match(stderr, /^emissary: .*\n$/);
      assert.equal(status, 64);
      if (reading.sealed === true) assert.equal(keptBy(root).text('exitcode'), '64');
    });
  }
}

test('the job is reported although the authority for the metrics is a FIFO, which is not read', async (t) => {
  const root = temporaryVolume(t);
  execFileSync('mkfifo', [join(root, 'ca')]);
  const { status } = await emissary(['run', '--', 'true'], { root });
  assert.equal(status, 0);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:1',
    OTEL_EXPORTER_OTLP_CERTIFICATE: join(root, 'ca'),
  };
  const waited = await emissary(['wait'], { root, under, env });
  assert.deepEqual([waited.status, /not a regular file/.test(waited.stderr)], [0, true]);
});

test('a file given by the user may be reached by links, as Kubernetes mounts secrets', async (t) => {
  const root = temporaryVolume(t);
  const mounted = mount(root, 'more', '{"GREETING":"hello"}');
  const env = { EMISSARY_ENV_FILE: mounted };
  const { stdout } = await emissary(['run', '--', 'sh', '-c', 'echo "$GREETING"'], { root, env });
  assert.equal(stdout.toString(), 'hello\n');
});

test('a link in place of the template on the volume is not followed, even if its target does not exist', async (t) => {
  for (const target of ['elsewhere', '/no/such/file']) {
    const root = temporaryVolume(t);
    writeFileSync(join(root, 'elsewhere'), '{}');
    symlinkSync(target, join(root, 'template'));
    const { status, stderr } = await emissary(['run', '--', 'true'], { root });
    assert.equal(status, 64);
    assert.equal(
      stderr,
      `emissary: Cannot read template ${join(root, 'template')}: it is not a regular file\n`,
    );
  }
});

test('a pipe that the caller opened is read to its end: process substitution, /dev/stdin', async (t) => {
  const root = temporaryVolume(t);
  const log = `printf '{"A":"1"}'; sleep 0.2`;
  const args = ['run', '--', 'sh', '-c', 'echo "$A $*"', 'sh'];
  const script = `EMISSARY_ENV_FILE=<(${log}) EMISSARY_ARGS_FILE=/dev/stdin exec "$@" < <(echo '["x","y"]')`;
  const { stdout, stderr } = await emissary(args, { root, under: ['bash', '-c', script, 'bash'] });
  assert.deepEqual([stdout.toString(), stderr], ['1 x y\n', '']);
});

test('a device is recognized without being opened', async (t) => {
  if (!requireRoot(t)) return;
  const root = temporaryVolume(t);
  const device = join(root, 'template');
  // No driver has this number: opening it would give ENXIO.
  execFileSync('mknod', [device, 'c', '240', '13']);
  const read = await emissary(['run', '--', 'true'], { root });
  assert.match(read.stderr, /it is not a regular file\n$/);
  const reported = await emissary(['status'], { root });
  assert.match(reported.stderr, /is not a regular file/);
  const given = await emissary(['init', '--template', device], { root: join(root, 'other') });
  assert.match(given.stderr, /it is not a regular file\n$/);
  const outputs = { parameters: [{ name: 'p', valueFrom: { path: device } }] };
  const job = { root: temporaryVolume(t), template: { outputs } };
  const { kept, status } = await runJob(t, ['true'], job);
  assert.deepEqual([status, /it is a device/.test(kept.result().message ?? '')], [64, true]);
});

test('a template may be exactly as large as the limit, but not a byte larger', async (t) => {
  for (const [bytes, status] of [
    [limits.templateBytes, 0],
    [limits.templateBytes + 1, 64],
  ] as const) {
    const root = temporaryVolume(t);
    writeFileSync(join(root, 'template'), '{}'.padEnd(bytes));
    assert.equal((await emissary(['run', '--', 'true'], { root })).status, status);
  }
});

function ended(root: string, { args, file, env }: Reading) {
  return emissary(args, { root, cwd: root, under, env: env?.(join(root, file)) ?? {} });
}

/** A file as in a mounted Secret: a link through a linked directory. */
function mount(root: string, name: string, text: string): string {
  mkdirSync(join(root, 'secret/..2026_11_28'), { recursive: true });
  writeFileSync(join(root, 'secret/..2026_11_28', name), text);
  symlinkSync('..2026_11_28', join(root, 'secret/..data'));
  symlinkSync(`..data/${name}`, join(root, 'secret', name));
  return join(root, 'secret', name);
}
