import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { copiedHostProgram, examine } from '../helpers/doctor.ts';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { forwardedSocket } from '../helpers/forwarded-socket.ts';
import { freePort } from '../helpers/free-port.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { engineNames, type Launcher } from '../helpers/launcher-parts.ts';
import { requireRoot } from '../helpers/require.ts';
import { stranger } from '../helpers/rootless-podman.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { withMount } from '../helpers/with-mount.ts';

const hostChecks = ['pod program', 'state directory', 'disk space', 'clock'];
const access = ['address', 'socket', 'API'] as const;
const rootless = ['user', 'lingering', 'control groups', 'subordinate IDs'] as const;
const checksOf = {
  native: [...hostChecks, 'job'],
  docker: [...hostChecks, ...access, 'SELinux', 'image', 'container'],
  podman: [...hostChecks, 'runtime directory', ...access, ...rootless, 'SELinux', 'image', 'container'],
} as const;

for (const name of engineNames) {
  test(`${name}: doctor prints one row for each check, exits 0, and leaves nothing`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const { status, stdout, stderr } = await launcher.verb(['doctor', ...engineOf(launcher)]);
    const text = stdout.toString();
    assert.deepEqual([status, stderr], [0, ''], text);
    const [title, ...rows] = text.split('\n').filter((line) => !line.trim().startsWith('→'));
    assert.match(title ?? '', /^CHECK +RESULT +FOUND$/);
    const named = rows.map((row) => row.split('  ')[0]);
    assert.deepEqual(named, [...checksOf[name], '', `${name} can run jobs.`, '']);
    assert.doesNotMatch(text, /failed|skipped/);
    assert.deepEqual(await leftOf(launcher), []);
  });

  test(`${name}: doctor --json prints each check’s name, status, finding and advice`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const { status, stdout, stderr, checks } = await examine(engineOf(launcher), launcher);
    assert.deepEqual([status, stderr], [0, ''], stdout.toString());
    const { checks: _, ...about } = JSON.parse(stdout.toString());
    assert.deepEqual(about, { engine: name, state: launcher.state, ok: true });
    assert.deepEqual(
      checks.map((check) => check.name),
      checksOf[name],
    );
    for (const check of checks) {
      assert.deepEqual(Object.keys(check), ['name', 'status', 'found', 'advice']);
      assert.match(check.status, /^(ok|warning)$/, JSON.stringify(check));
      assert.equal(check.advice === null, check.status === 'ok');
    }
  });
}

for (const name of ['docker', 'podman'] as const) {
  test(`${name}: doctor exits 143 on TERM, and leaves nothing`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const running = startEmissary(t, ['doctor', '--engine', name], launcher);
    // The container comes next.
    await until('the last check is made', () => running.stdout().includes('SELinux'));
    running.kill('SIGTERM');
    const { status, stdout } = await running.finished;
    assert.equal(status, 143, stdout.toString());
    assert.deepEqual(await leftOf(launcher), []);
  });

  test(`${name}: doctor fails for an image that is not there and cannot be pulled`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const image = `localhost:${await freePort()}/nowhere:1`;
    const { status, check, names } = await examine(['--engine', name, '--image', image], launcher);
    assert.deepEqual([status, names('failed')], [64, ['image']]);
    assert.match(check('image').found, /^Cannot pull the image localhost:\d+\/nowhere:1: /);
    assert.match(check('image').advice ?? '', /docker login/);
  });
}

test('docker: doctor works for a user who has no more than the rights to the socket', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null || !requireRoot(t)) return;
  const socket = (launcher.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').slice('unix://'.length);
  const host = `unix://${await forwardedSocket(t, socket, 0o666)}`;
  const state = join(temporaryVolume(t), 'state');
  const { status, names, stdout } = await examine(['--engine', 'docker', '--state', state], {
    env: { DOCKER_HOST: host },
    ...{ uid: stranger, gid: stranger, program: copiedHostProgram(t, { withPodProgram: true }) },
  });
  assert.deepEqual([status, names('failed'), names('warning')], [0, [], []], stdout.toString());
  assert.deepEqual(readdirSync(state).sort(), ['installation', 'jobs', 'programs']);
});

test('docker: doctor fails for a user without rights to the socket, and names user, rights and remedy', async (t) => {
  if (!requireRoot(t)) return;
  const path = await forwardedSocket(t, null, 0o660);
  const { status, check, names } = await examine(['--engine', 'docker'], {
    env: { DOCKER_HOST: `unix://${path}`, EMISSARY_STATE_DIR: join(temporaryVolume(t), 'state') },
    ...{ uid: stranger, gid: stranger, program: copiedHostProgram(t, { withPodProgram: true }) },
  });
  assert.deepEqual([status, names('failed')], [64, ['socket']]);
  assert.deepEqual(names('skipped'), ['API', 'SELinux', 'container']);
  assert.equal(check('socket').found, '4242 may not use it (root:root 660)');
  assert.match(check('socket').advice ?? '', /as root/);
});

test('docker: doctor fails where no engine is at the address, and says where the address is from', async (t) => {
  const missing = join(temporaryVolume(t), 'none.sock');
  const none = await examine(['--engine', 'docker'], { env: { DOCKER_HOST: `unix://${missing}` } });
  assert.deepEqual([none.status, none.names('failed')], [64, ['socket']]);
  assert.equal(none.check('address').found, `${missing} (set by DOCKER_HOST)`);
  assert.equal(none.check('socket').found, `${missing} does not exist`);
  assert.match(none.check('socket').advice ?? '', /systemctl restart docker/);

  const port = await freePort();
  const refused = await examine(['--engine', 'docker'], { env: { DOCKER_HOST: `tcp://127.0.0.1:${port}` } });
  assert.deepEqual([refused.status, refused.names('failed')], [64, ['API']]);
  assert.match(refused.check('API').found, new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED`));

  const closed = await forwardedSocket(t, null, 0o666);
  const silent = await examine(['--engine', 'podman'], { env: { CONTAINER_HOST: `unix://${closed}` } });
  assert.deepEqual([silent.status, silent.names('failed')], [64, ['API']]);
  assert.match(silent.check('API').advice ?? '', /podman\.socket/);

  const nothing = await examine(['--engine', 'podman'], { env: { PATH: '/nowhere' } });
  assert.deepEqual([nothing.status, nothing.names('failed')], [64, ['address']]);
  assert.match(nothing.check('address').found, /not installed/);

  const broken = await examine(['--engine', 'podman'], { env: { PATH: brokenPodman(t) } });
  assert.deepEqual([broken.status, broken.names('failed')], [64, ['address']]);
  assert.match(broken.check('address').found, /^Cannot start podman's service: no luck today$/);
});

test('doctor fails for a state directory that is read-only, too small, or another user’s', async (t) => {
  if (!requireRoot(t)) return;
  const args = ['--engine', 'native'];
  const [root, small] = [temporaryVolume(t), temporaryVolume(t)];
  await withMount(t, { root, options: 'ro' }, async () => {
    const { status, check, names } = await examine(args, { env: { EMISSARY_STATE_DIR: root } });
    assert.deepEqual([status, names('failed')], [64, ['state directory']]);
    assert.deepEqual(names('skipped'), ['disk space', 'clock', 'job']);
    assert.match(check('state directory').found, /read-only/);
    assert.match(check('state directory').advice ?? '', /--state/);
  });
  await withMount(t, { root: small, options: 'size=64m' }, async () => {
    const { status, check, names } = await examine(args, { env: { EMISSARY_STATE_DIR: small } });
    assert.deepEqual([status, names('failed'), names('skipped')], [64, ['disk space'], ['job']]);
    assert.match(check('disk space').found, /^6\d MiB free .* at least 256 MiB$/);
  });
  const own = join(temporaryVolume(t), 'own');
  mkdirSync(own, { mode: 0o700 });
  const { status, check } = await examine(args, {
    env: { EMISSARY_STATE_DIR: own },
    ...{ uid: stranger, gid: stranger, program: copiedHostProgram(t, { withPodProgram: true }) },
  });
  assert.deepEqual([status, check('state directory').status], [64, 'failed']);
  assert.match(check('state directory').found, /may not write/);
});

test('doctor warns of a state directory that was open to others, and closes it', async (t) => {
  const state = join(temporaryVolume(t), 'state');
  mkdirSync(state, { mode: 0o755 });
  chmodSync(state, 0o755);
  const { status, check } = await examine(['--engine', 'native'], { env: { EMISSARY_STATE_DIR: state } });
  assert.deepEqual([status, check('state directory').status], [0, 'warning']);
  assert.match(check('state directory').found, /0755/);
  assert.equal(statSync(state).mode & 0o777, 0o700);
});

test('doctor warns root of a state directory of another user’s, and names the user', async (t) => {
  if (!requireRoot(t)) return;
  const state = join(temporaryVolume(t), 'state');
  mkdirSync(state, { mode: 0o700 });
  chownSync(state, stranger, stranger);
  const { status, check } = await examine(['--engine', 'native'], { env: { EMISSARY_STATE_DIR: state } });
  assert.deepEqual([status, check('state directory').status], [0, 'warning']);
  assert.match(check('state directory').found, /belongs to 4242/);
});

test('native: doctor exits 143 on TERM to a job that hangs, and leaves nothing of it', async (t) => {
  const path = temporaryVolume(t);
  const state = join(temporaryVolume(t), 'state');
  writeFileSync(join(path, 'true'), `#!/bin/sh\necho > ${path}/started; exec sleep 1000\n`, { mode: 0o755 });
  const env = { PATH: `${path}:${process.env['PATH']}`, EMISSARY_STATE_DIR: state };
  const running = startEmissary(t, ['doctor', '--engine', 'native'], { env });
  await until('the job runs', () => existsSync(join(path, 'started')));
  running.kill('SIGTERM');
  const { status, stdout } = await running.finished;
  assert.equal(status, 143, stdout.toString());
  assert.deepEqual(readdirSync(state).sort(), ['installation', 'jobs']);
});

test('doctor fails without the pod program, and says where it must be', async (t) => {
  const alone = copiedHostProgram(t, { withPodProgram: false });
  const { status, check, names } = await examine(['--engine', 'native'], { program: alone });
  assert.deepEqual([status, names('failed'), names('skipped')], [64, ['pod program'], ['job']]);
  assert.equal(check('pod program').found, `${join(dirname(alone), 'emissary')} does not exist`);
  assert.match(check('pod program').advice ?? '', /beside multiflexi-emissary/);
});

test('doctor warns of a clock that is behind the program’s own file', async (t) => {
  const copy = copiedHostProgram(t, { withPodProgram: true });
  utimesSync(copy, 0, Date.now() / 1000 + 30 * 24 * 3600);
  const { status, check } = await examine(['--engine', 'native'], { program: copy });
  assert.deepEqual([status, check('clock').status], [0, 'warning']);
  assert.match(check('clock').advice ?? '', /timedatectl/);
});

test('doctor refuses, in one sentence, an unknown engine, and an image of the native engine', async () => {
  for (const [args, sentence] of [
    [['--engine', 'lxc'], /--engine must be one of native, docker/],
    [['--image', 'x'], /--image: the native engine uses no image/],
    [['stray'], /doctor takes no operands/],
  ] as const) {
    const { status, stdout, stderr } = await emissary(['doctor', ...args]);
    assert.deepEqual([status, stdout.toString()], [64, '']);
    assert.match(stderr, sentence);
    assert.equal(stderr.split('\n').length, 2);
  }
});

function engineOf({ name, options }: Launcher): readonly string[] {
  const image = options.indexOf('--image');
  return ['--engine', name, ...(image === -1 ? [] : options.slice(image, image + 2))];
}

/** A directory with a podman that does not start. */
function brokenPodman(t: TestContext): string {
  const directory = temporaryVolume(t);
  writeFileSync(join(directory, 'podman'), '#!/bin/sh\necho no luck today >&2; exit 125\n', { mode: 0o755 });
  return directory;
}

/** Everything that a doctor could leave. */
async function leftOf(launcher: Launcher): Promise<readonly string[]> {
  const known = ['installation', 'jobs', 'programs', 'podman.sock', 'podman.log'];
  const files = readdirSync(launcher.state).filter((file) => !known.includes(file));
  const images = await launcher.engine?.run(['images', '--format', '{{.Repository}}']);
  const left = (images?.stdout ?? '').split('\n').filter((image) => image.includes('emissary-doctor'));
  return [...files, ...launcher.left(), ...left, ...(await launcher.containers())];
}
