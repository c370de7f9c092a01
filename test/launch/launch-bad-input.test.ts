import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { forwardedSocket } from '../helpers/forwarded-socket.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { hostProgram, program } from '../helpers/program.ts';
import { requireRoot } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { withMount } from '../helpers/with-mount.ts';

const megabyte = 1_000_000;
// Zeros would be holes.
const writesMegabyte = `head -c ${megabyte} /dev/zero | tr '\\0' x`;
const stranger = 4242;

const applications: readonly (readonly [string, string | null, RegExp])[] = [
  ['that does not exist', null, /Cannot read the application definition: ENOENT/],
  ['that is not JSON', 'name: x', /application definition/],
  ['that is no object', '[1]', /application definition/],
  ['without an executable', '{"name":"x"}', /Invalid application definition: executable/],
];
for (const [what, text, reason] of applications)
  test(`launch refuses an application ${what}, and leaves nothing`, async (t) => {
    const directory = temporaryVolume(t);
    const [file, state] = [join(directory, 'x.app.json'), join(directory, 'state')];
    if (text !== null) writeFileSync(file, text);
    const { status, stdout, stderr } = await emissary(['launch', '--state', state, file]);
    assert.deepEqual([status, stdout.toString(), existsSync(state)], [64, '', false], stderr);
    assert.match(stderr, /^emissary: [^\n]*\n$/);
    assert.match(stderr, reason);
  });

test('launch refuses a directory for results that cannot be made, and leaves nothing', async (t) => {
  const directory = temporaryVolume(t);
  const [file, state] = [join(directory, 'file'), join(directory, 'state')];
  writeFileSync(file, '');
  const args = ['launch', '--state', state, '--job-id', '5', '--results', join(file, 'results')];
  const { status, stdout, stderr } = await emissary([...args, '--', 'echo', 'never']);
  assert.deepEqual([status, stdout.toString(), existsSync(state)], [64, '', false]);
  assert.equal(stderr, `emissary: Cannot keep results in ${file}/results: ${file} is not a directory\n`);
});

test('launch refuses a directory for results that its user may not write to', async (t) => {
  if (!requireRoot(t)) return;
  const directory = temporaryVolume(t);
  const [results, state] = [join(directory, 'results'), join(directory, 'state')];
  mkdirSync(results, { mode: 0o755 });
  const args = ['launch', '--state', state, '--job-id', '5', '--results', results, '--', 'true'];
  const { status, stderr } = await emissary(args, { uid: stranger, gid: stranger, program: copied(t) });
  assert.deepEqual([status, existsSync(state)], [64, false]);
  assert.match(stderr, /^emissary: Cannot keep results in \S+: this user may not write to [^\n]*\n$/);
});

test('docker: launch as a user without rights to the socket is one sentence, and leaves nothing', async (t) => {
  if (!requireRoot(t)) return;
  const path = await forwardedSocket(t, null, 0o660);
  const state = join(temporaryVolume(t), 'state');
  const args = ['launch', '--engine', 'docker', '--image', 'busybox', '--state', state, '--', 'true'];
  const own = { env: { DOCKER_HOST: `unix://${path}` }, uid: stranger, gid: stranger, program: copied(t) };
  const { status, stderr } = await emissary(args, own);
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Cannot reach docker at \S+: this user may not use its socket[^\n]*\n$/);
  assert.deepEqual(readdirSync(join(state, 'jobs')), []);
});

for (const verb of ['attach', 'cancel'])
  test(`${verb} refuses a job that is not there`, async (t) => {
    const state = join(temporaryVolume(t), 'state');
    const { status, stderr } = await emissary([verb, '4711', '--state', state]);
    assert.equal(status, 64);
    assert.match(stderr, /^emissary: The job 4711 is not known[^\n]*\n$/);
  });

test('launch works where the clock is behind its own files', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const own = copied(t);
  const later = Date.now() / 1000 + 30 * 24 * 3600;
  for (const each of ['emissary', 'multiflexi-emissary']) utimesSync(join(dirname(own), each), 0, later);
  const args = ['launch', ...launcher.options, '--', 'sh', '-c', 'echo ran; exit 3'];
  const { status, stdout, stderr } = await emissary(args, { env: launcher.env, program: own });
  assert.deepEqual([status, stdout.toString(), stderr], [3, 'ran\n', '']);
  assert.deepEqual(launcher.left(), []);
});

test('launch with a full disk for its state is one sentence, and leaves nothing', async (t) => {
  const root = temporaryVolume(t);
  await withMount(t, { root, options: 'size=4k' }, async () => {
    const state = join(root, 'state');
    const { status, stderr } = await emissary(['launch', '--state', state, '--', 'true']);
    assert.equal(status, 64);
    assert.match(stderr, /^emissary: Cannot [^\n]*ENOSPC[^\n]*\n$/);
    assert.deepEqual(readdirSync(join(state, 'jobs')), []);
  });
});

test('launch says that a disk that fills up lost output; the exit code is the job’s', async (t) => {
  const root = temporaryVolume(t);
  await withMount(t, { root, options: 'size=300k' }, async () => {
    const state = join(root, 'state');
    const args = ['launch', '--state', state, '--', 'sh', '-c', `${writesMegabyte}; exit 3`];
    const { status, stdout, stderr } = await emissary(args);
    assert.equal(status, 3, stderr);
    assert.ok(stdout.length < megabyte);
    assert.match(stderr, /^emissary: The output is incomplete: the job's volume could not take all of it$/m);
    assert.deepEqual(readdirSync(join(state, 'jobs')), []);
  });
});

test('launch with a full disk for its results keeps them, and list --clean delivers them', async (t) => {
  const root = temporaryVolume(t);
  const state = join(temporaryVolume(t), 'state');
  const env = { EMISSARY_REPORT_SECONDS: '1', EMISSARY_STATE_DIR: state };
  const script = ['--', 'sh', '-c', writesMegabyte];
  await withMount(t, { root, options: 'size=200k' }, async () => {
    const args = ['launch', '--job-id', '5', '--results', root, ...script];
    const { status, stdout, stderr } = await emissary(args, { env });
    assert.deepEqual([status, stdout.length], [64, megabyte]);
    assert.match(stderr, /ENOSPC/);
    assert.match(stderr, /list --clean reports it later\n$/);
  });
  const elsewhere = join(temporaryVolume(t), 'results');
  const cleaned = await emissary(['list', '--clean'], { env: { ...env, EMISSARY_RESULTS_DIR: elsewhere } });
  assert.deepEqual([cleaned.status, cleaned.stderr], [0, 'emissary: job-5: finished (0)\n']);
  assert.ok(existsSync(join(elsewhere, '5/ctr/main')));
  assert.deepEqual(readdirSync(join(state, 'jobs')), []);
});

/** Both programs where everybody may start them. */
function copied(t: Parameters<typeof temporaryVolume>[0]): string {
  const directory = join(temporaryVolume(t), 'bin');
  mkdirSync(directory, { mode: 0o755 });
  copyFileSync(program, join(directory, 'emissary'));
  copyFileSync(hostProgram, join(directory, 'multiflexi-emissary'));
  return join(directory, 'multiflexi-emissary');
}
