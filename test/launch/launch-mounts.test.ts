import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bindingRequest } from '../../src/launch/docker/volume-here.ts';
import { noContainerOptions } from '../../src/settings/verbs/container-options.ts';
import { engineFront } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { requireRoot } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const name of ['docker', 'podman'] as const) {
  test(`${name}: mounts are as asked for, and nothing is relabelled without SELinux`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const bodies: string[] = [];
    const front = await engineFront(t, launcher.engine, (asked) => {
      if (asked.path.startsWith('/containers/create')) bodies.push(asked.body);
      return asked.pass();
    });
    const directory = temporaryVolume(t);
    writeFileSync(join(directory, 'in'), 'input\n');
    const options = ['--mount', `${directory}:/data,${directory}:/fixed:ro`];
    const script = 'cat /fixed/in; echo out > /data/out; echo no > /fixed/no';
    const { status, stdout } = await launcher.script(script, { options, env: front.env });
    assert.deepEqual([status, stdout.toString()], [1, 'input\n']);
    assert.deepEqual(
      [readFileSync(join(directory, 'out'), 'utf8'), existsSync(join(directory, 'no'))],
      ['out\n', false],
    );
    const { HostConfig } = JSON.parse(bodies[0] ?? '');
    assert.deepEqual(HostConfig.Binds ?? [], []);
    assert.deepEqual(
      HostConfig.Mounts.slice(-2).map(({ Target, ReadOnly }: Record<string, unknown>) => [Target, ReadOnly]),
      [
        ['/data', false],
        ['/fixed', true],
      ],
    );
  });

  test(`${name}: results and leftovers of several users, in closed directories, come and go`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null || !requireRoot(t)) return;
    const directory = temporaryVolume(t);
    const template = join(directory, 'template');
    const outputs = { artifacts: [{ name: 'files', path: '/tmp/out', archive: { none: {} } }] };
    writeFileSync(template, JSON.stringify({ outputs }));
    const results = join(directory, 'results');
    const script = [
      'umask 077; mkdir -p /tmp/out/one /tmp/out/two; echo 1 > /tmp/out/one/file; echo 2 > /tmp/out/two/file',
      'chown -R 1001:1001 /tmp/out/one; chown -R 1002:1002 /tmp/out/two',
      'mkdir /var/run/argo/mess; echo 3 > /var/run/argo/mess/file; chown -R 1003:1003 /var/run/argo/mess; chmod 0 /var/run/argo/mess',
    ].join(' && ');
    const options = ['--job-id', '5', '--results', results, '--template', template, '--user', '0:0'];
    const { status, stderr } = await launcher.script(script, { options });
    assert.equal(status, 0, stderr);
    const archive = join(results, '5/outputs/artifacts/tmp/out.tar');
    const read = (file: string) => execFileSync('tar', ['-xOf', archive, file]).toString();
    assert.deepEqual([read('out/one/file'), read('out/two/file')], ['1\n', '2\n']);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });
}

test('with SELinux, only the launcher’s own directories are relabelled', () => {
  const own = (each: string) => `/state/jobs/run-1/${each}`;
  const { HostConfig } = bindingRequest(
    {
      name: 'x',
      labels: {},
      image: 'x',
      command: ['true'],
      environment: {},
      pod: null,
      places: { own: own(''), volume: own('volume'), program: own('program'), secrets: own('secrets') },
      resources: {
        user: null,
        cpus: null,
        memory: null,
        network: null,
        mounts: [{ source: '/srv/data', target: '/data', readOnly: false }],
        container: noContainerOptions,
      },
      pull: 'never',
    },
    true,
  );
  assert.deepEqual(HostConfig?.Binds, [
    `${own('volume')}:/var/run/argo:z`,
    `${own('program')}:/run/multiflexi-emissary:z,ro`,
    `${own('secrets')}:/run/secrets/multiflexi:z,ro`,
  ]);
  assert.deepEqual(HostConfig?.Mounts, [
    { Type: 'bind', Source: '/srv/data', Target: '/data', ReadOnly: false },
  ]);
});
