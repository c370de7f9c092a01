import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { engineFront } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** What a launch is refused for, before anything runs. */
const refused: readonly (readonly [string, string, RegExp])[] = [
  [
    'docker',
    'privileged=true',
    /has an unknown key; docker and podman know add-host, cap-add, cap-drop, dns, hostname, label, pids-limit, security-opt, shm-size, tmpfs, ulimit$/,
  ],
  ['podman', 'dns=8.8.8.8,network=host', /has an unknown key; docker and podman know add-host, /],
  ['docker', 'dns', /is not of the form KEY=VALUE$/],
  ['docker', 'hostname=one,hostname=two', /hostname can be set once$/],
  ['docker', 'dns=nowhere', /value of dns is not of the form ADDRESS$/],
  ['docker', 'add-host=db', /value of add-host is not of the form NAME:ADDRESS$/],
  ['docker', 'cap-add=net_admin', /value of cap-add is not/],
  [
    'docker',
    'label=eu.multiflexi.emissary.job=other',
    /value of label is not of the form NAME=VALUE, and not one of ours$/,
  ],
  ['docker', 'pids-limit=0', /value of pids-limit is not/],
  ['docker', 'security-opt=seccomp=/etc/passwd', /value of security-opt is not/],
  ['docker', 'shm-size=much', /value of shm-size is not/],
  ['docker', 'tmpfs=/', /value of tmpfs is not/],
  ['docker', 'ulimit=nofile', /value of ulimit is not/],
  ['native', 'dns=8.8.8.8', /the engine native has no options; choose docker or podman$/],
];

for (const [engine, option, reason] of refused)
  test(`launch refuses --engine-option ${option} for ${engine} before anything runs`, async (t) => {
    const state = join(temporaryVolume(t), 'state');
    const image = engine === 'native' ? [] : ['--image', 'busybox'];
    const options = ['--engine', engine, ...image, '--engine-option', option, '--state', state];
    const { status, stderr } = await emissary(['launch', ...options, '--', 'true']);
    assert.equal(status, 64);
    assert.match(stderr.trimEnd(), /^emissary: --engine-option[^\n]*$/);
    assert.match(stderr.trimEnd(), reason);
    assert.equal(existsSync(state), false);
  });

for (const [option, value] of [
  ['user', '1000'],
  ['cpus', '1'],
  ['memory', '512m'],
  ['network', 'host'],
  ['mount', '/srv:/data'],
] as const)
  test(`launch refuses --${option} for native, and ignores its variable`, async (t) => {
    const state = join(temporaryVolume(t), 'state');
    const line = ['launch', '--state', state];
    const given = await emissary([...line, `--${option}`, value, '--', 'true']);
    const message = `emissary: --${option} is for containers; choose another engine than native\n`;
    assert.deepEqual([given.status, given.stderr], [64, message]);
    assert.equal(existsSync(state), false);
    const env = { [`EMISSARY_${option.toUpperCase()}`]: value };
    const shared = await emissary([...line, '--', 'true'], { env });
    assert.deepEqual([shared.status, shared.stderr], [0, '']);
  });

for (const name of ['docker', 'podman'] as const)
  test(`${name}: EMISSARY_USER names the job’s user`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const { status, stdout, stderr } = await launcher.script('id -u; id -g', {
      env: { EMISSARY_USER: '1234:1235' },
    });
    assert.deepEqual([status, stdout.toString()], [0, '1234\n1235\n'], stderr);
  });

for (const name of ['docker', 'podman'] as const)
  test(`${name}: every engine option reaches the job`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const bodies: string[] = [];
    const front = await engineFront(t, launcher.engine, (asked) => {
      if (asked.path.startsWith('/containers/create')) bodies.push(asked.body);
      return asked.pass();
    });
    const given = [
      'add-host=db.example:10.1.2.3,add-host=six:::1,hostname=worker,label=team=billing,pids-limit=200',
      'security-opt=no-new-privileges,shm-size=16m,tmpfs=/scratch:8m',
      'cap-drop=ALL,cap-add=CHOWN',
      // With it, podman sets a limit of processes too, which a container's podman may not.
      ...(name === 'docker' ? ['ulimit=nofile=512:1024'] : []),
    ].join(',');
    const script = [
      'echo nofile $(ulimit -Sn) $(ulimit -Hn)',
      'while read -r line; do case "$line" in 10.1.2.3*) echo "${line##*[[:space:]]}";; esac; done < /etc/hosts',
      'cat /proc/sys/kernel/hostname; test -w /scratch && echo writable',
      'while read -r key value; do case "$key" in NoNewPrivs:|CapBnd:) echo "$key $value";; esac; done < /proc/self/status',
    ].join('\n');
    const options = ['--engine-option', given];
    const { status, stdout, stderr } = await launcher.script(script, { options, env: front.env });
    assert.equal(status, 0, stderr);
    const lines = stdout.toString().trim().split('\n');
    const found = lines.filter((line) => !line.startsWith('nofile')).slice(-4);
    assert.deepEqual(found, ['worker', 'writable', 'CapBnd: 0000000000000001', 'NoNewPrivs: 1']);
    if (name === 'docker') assert.ok(lines.includes('nofile 512 1024'), stdout.toString());
    const { Labels, HostConfig } = JSON.parse(bodies[0] ?? '');
    assert.equal(Labels.team, 'billing');
    assert.deepEqual(
      [HostConfig.ShmSize, HostConfig.PidsLimit, HostConfig.ExtraHosts, HostConfig.Dns],
      [2 ** 24, 200, ['db.example:10.1.2.3', 'six:::1'], undefined],
    );
  });
