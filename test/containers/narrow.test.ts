import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireEngine } from '../helpers/engine.ts';
import { makeImage, withBusybox } from '../helpers/images.ts';
import { installedVolume } from '../helpers/installed.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Longer than any file name, shorter than any path. */
const long = `/${'a-long-name-'.repeat(20)}`.repeat(6);
const confined = [
  '--read-only',
  '--cap-drop',
  'all',
  '--security-opt',
  'no-new-privileges',
  '--network',
  'none',
];
const template = {
  outputs: {
    parameters: [{ name: 'count', valueFrom: { path: '/tmp/count' } }],
    artifacts: [{ name: 'report', path: '/tmp/report' }],
  },
};
const job = `
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
echo "umask $(umask), user $(id -u), HOME \${HOME-not set}"
mkdir /tmp/report && echo 42 | tee /tmp/count > /tmp/report/count`;

for (const name of ['podman', 'docker'] as const) {
  test(`${name}: a job with a read-only root, umask 077, no capabilities, no home and a long root is saved, and another user reports it`, async (t) => {
    const engine = await requireEngine(t, name);
    if (engine === null || !requireProgram(t, 'busybox')) return;
    const image = await makeImage(t, engine, 'narrow', (tree) =>
      withBusybox(tree, ['sh', 'id', 'grep', 'mkdir', 'tee']),
    );
    const { root } = await installedVolume(t);
    writeFileSync(join(root, 'template'), JSON.stringify(template));
    const kept = temporaryVolume(t);
    const run = (args: readonly string[], user: string, command: readonly string[]) => {
      const start = ['/bin/sh', '-c', 'umask 077; unset HOME; exec "$@"', 'sh', `${long}/emissary`];
      const mounts = ['--volume', `${root}:${long}`, '--tmpfs', '/tmp:mode=1777'];
      return engine.run([
        'run',
        '--rm',
        ...confined,
        '--user',
        user,
        ...mounts,
        ...args,
        image,
        ...start,
        ...command,
      ]);
    };
    const ran = await run([], '12345:54321', ['run', '--root', long, '--', 'sh', '-c', job]);
    assert.deepEqual([ran.exitCode, ran.stderr], [0, '']);
    const seen = [
      'CapEff:\t0000000000000000',
      'NoNewPrivs:\t1',
      'Seccomp:\t2',
      'umask 0077, user 12345, HOME not set',
    ];
    assert.deepEqual(ran.stdout.split('\n'), seen);
    const settings = ['--env', 'MULTIFLEXI_JOB_ID=7', '--env', 'EMISSARY_RESULTS_DIR=/kept'];
    const waited = await run([...settings, '--volume', `${kept}:/kept`], '65532:65532', [
      'wait',
      '--root',
      long,
    ]);
    assert.equal(waited.exitCode, 0, waited.stderr);
    const files = readdirSync(kept, { recursive: true }).map(String);
    for (const wanted of ['stdout', 'result.json', 'report.tgz'])
      assert.ok(
        files.some((file) => file.endsWith(wanted)),
        `${wanted} is in ${files.join(' ')}`,
      );
    const parameter = readFileSync(join(root, 'outputs/parameters/tmp/count'), 'utf8');
    assert.equal(parameter, '42\n');
  });
}

test('docker: wait distinguishes an engine that forbids locks from another emissary that holds one', async (t) => {
  const engine = await requireEngine(t, 'docker');
  if (engine === null || !requireProgram(t, 'busybox')) return;
  const image = await makeImage(t, engine, 'no-locks', (tree) => withBusybox(tree));
  const { root } = await installedVolume(t);
  const profile = join(temporaryVolume(t), 'profile.json');
  const forbidden = { names: ['flock'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 };
  writeFileSync(profile, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [forbidden] }));
  const options = [
    '--network',
    'none',
    '--security-opt',
    `seccomp=${profile}`,
    '--volume',
    `${root}:/volume`,
  ];
  const found = 'ENOSYS: function not implemented';
  const run = ['run', '--root', '/volume', '--', '/bin/busybox', 'true'];
  const ran = await engine.run(['run', '--rm', ...options, image, '/volume/emissary', ...run]);
  const cannotRun = `Cannot use the volume /volume: cannot make or lock /volume/ctr/main/alive: ${found}`;
  assert.deepEqual([ran.exitCode, ran.stderr], [64, `emissary: ${cannotRun}`]);
  const waited = await engine.run([
    'run',
    '--rm',
    ...options,
    image,
    '/volume/emissary',
    'wait',
    '--root',
    '/volume',
  ]);
  // Nobody holds the lock: the job is followed anyway, without a spool.
  const inMemory = `Cannot use the spool /volume/report: cannot lock /volume/report/lock: ${found}; keeping it in memory`;
  assert.ok(waited.stderr.startsWith(`emissary: ${inMemory}`), waited.stderr);
  assert.deepEqual([waited.exitCode, JSON.parse(waited.stdout).verdict], [0, 'lost']);
});
