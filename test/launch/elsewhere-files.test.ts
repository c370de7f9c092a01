import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startEmissary } from '../helpers/emissary.ts';
import { socketOf } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Launcher } from '../helpers/launcher-parts.ts';
import { ownDocker } from '../helpers/own-docker.ts';
import { hostVariables } from '../helpers/remote-engine.ts';
import { startTcpFront } from '../helpers/tcp-front.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const name of ['docker', 'podman'] as const) {
  test(`${name} elsewhere: files come and go by volumes, and no path of this host is mounted`, async (t) => {
    const far = await elsewhere(t, name);
    if (far === null) return;
    const { launcher, env } = far;
    const directory = temporaryVolume(t);
    const [input, results] = [join(directory, 'input.csv'), join(directory, 'results')];
    writeFileSync(input, 'a,b\n');
    const variables = join(directory, 'variables');
    writeFileSync(variables, `MULTIFLEXI_TMP=/tmp/work\nTABLE=${input}\n`);
    const application = join(directory, 'x.multiflexi.app.json');
    writeFileSync(application, JSON.stringify(definition(launcher.options)));
    const options = launcher.options.filter((_, index, all) => !isImage(all, index));
    const files = ['--job-id', '5', '--results', results, '--variables', variables];
    const running = startEmissary(t, ['launch', ...options, ...files, application], {
      env: { ...launcher.env, ...env },
    });
    await until('the job runs', () => running.stdout().toString().includes('a,b\n'));
    const containers = await launcher.containers();
    assert.equal(containers.length, 2);
    for (const container of containers) {
      const inspected = await launcher.engine?.run(['inspect', container]);
      const [{ Mounts, HostConfig }] = JSON.parse(inspected?.stdout ?? '');
      assert.deepEqual([...new Set(Mounts.map(({ Type }: { Type: string }) => Type))], ['volume']);
      const bound = (HostConfig.Binds ?? []).filter((each: string) => each.startsWith('/'));
      assert.deepEqual(bound, []);
    }
    const job = containers.find((each) => !each.endsWith('-reporter')) ?? '';
    await launcher.engine?.run(['exec', job, 'touch', '/tmp/go']);
    const { status, stderr } = await running.finished;
    assert.deepEqual([status, stderr], [27, '']);
    const saved = readdirSync(results, { recursive: true }).find((each) => String(each).endsWith('out.csv'));
    assert.equal(readFileSync(join(results, String(saved)), 'utf8'), 'a,b\nmore\n');
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });
}

test('docker elsewhere: a --mount of what only this host has is refused, and not made there', async (t) => {
  const directory = temporaryVolume(t);
  const source = join(directory, 'data');
  mkdirSync(source);
  const docker = await ownDocker(t, directory);
  const launcher = docker === null ? null : await launcherOf(t, 'docker', docker.engine);
  if (docker === null || launcher === null) return;
  const front = await startTcpFront(t, { socket: docker.socket });
  const more = { env: { DOCKER_HOST: front.host }, options: ['--mount', `${source}:/data`] };
  const { status, stdout, stderr } = await launcher.script('exit 7', more);
  assert.deepEqual([status, stdout.toString()], [64, '']);
  assert.match(stderr, new RegExp(`^emissary: [^\\n]*does not exist: ${source}\\n$`));
  assert.deepEqual(
    [existsSync(docker.pathThere(directory)), existsSync(docker.pathThere(source))],
    [true, false],
  );
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('podman elsewhere: a --mount is refused, since podman would make what is missing', async (t) => {
  const far = await elsewhere(t, 'podman');
  if (far === null) return;
  const source = join(temporaryVolume(t), 'data');
  const options = ['--mount', `${source}:/data`];
  const { status, stdout, stderr } = await far.launcher.script('exit 7', { env: far.env, options });
  assert.deepEqual([status, stdout.toString(), existsSync(source)], [64, '', false]);
  assert.match(stderr, /^emissary: --mount: a podman on another machine cannot tell [^\n]*\n$/);
  assert.deepEqual([far.launcher.left(), await far.launcher.containers()], [[], []]);
});

/** The test run's engine as one of another machine; null: skipped. */
async function elsewhere(t: TestContext, name: 'docker' | 'podman') {
  const launcher: Launcher | null = await launcherOf(t, name);
  if (launcher === null || launcher.engine === null) return null;
  const front = await startTcpFront(t, { socket: await socketOf(t, launcher.engine) });
  return { launcher, env: { [hostVariables[name]]: front.host } };
}

/** A job that shows and copies its table, and waits until the test says so. */
function definition(options: readonly string[]) {
  const script =
    'cat {TABLE}; while [ ! -e /tmp/go ]; do sleep 0.05; done; cd {MULTIFLEXI_TMP}; { cat {TABLE}; echo more; } > out.csv; exit 27';
  return {
    name: 'Files',
    executable: 'sh',
    cmdparams: `-c "${script}"`,
    ociimage: options[options.indexOf('--image') + 1],
    environment: { TABLE: { type: 'file-path' } },
    artifacts: [{ name: 'table', path: '.*\\.csv' }],
  };
}

function isImage(options: readonly string[], index: number): boolean {
  return options[index] === '--image' || options[index - 1] === '--image';
}
