import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { engineFront } from '../helpers/engine-front.ts';
import { freePort } from '../helpers/free-port.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { hostVariables } from '../helpers/remote-engine.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const name of ['docker', 'podman'] as const) {
  test(`${name}: a wrong address, or a socket where nobody listens, is one sentence and 64`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const variable = hostVariables[name];
    for (const [host, said] of [
      [
        'unix:///nowhere/engine.sock',
        `Cannot reach ${name} at /nowhere/engine.sock: no engine listens there`,
      ],
      ['carrier://pigeon', `${variable} is not an address like unix:`],
      ['tcp://', `${variable} is not an address like unix:`],
    ] as const) {
      const { status, stdout, stderr } = await launcher.script('exit 7', { env: { [variable]: host } });
      assert.deepEqual([status, stdout.toString()], [64, ''], stderr);
      assert.match(stderr, new RegExp(`^emissary: ${said}[^\\n]*\\n$`));
      assert.deepEqual(launcher.left(), []);
    }
  });

  test(`${name}: TERM ends a launch whose engine does not answer`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const asked = Promise.withResolvers<void>();
    const front = await engineFront(t, launcher.engine, () => asked.resolve());
    const running = launcher.startScript('exit 7', { env: front.env });
    await asked.promise;
    running.kill('SIGTERM');
    const { status, stdout, stderr } = await running.finished;
    assert.deepEqual([status, stdout.toString(), stderr, launcher.left()], [143, '', '', []]);
  });

  test(`${name}: the variables of the other engine, and of Docker’s client, change nothing`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const front = await engineFront(t, launcher.engine);
    const port = await freePort();
    const other = name === 'docker' ? 'CONTAINER_HOST' : 'DOCKER_HOST';
    for (const host of [`tcp://127.0.0.1:${port}`, `ssh://127.0.0.1:${port}`, 'tcp://[']) {
      const odd = { [other]: host, DOCKER_CLIENT_TIMEOUT: '1' };
      const { status, stderr } = await launcher.script('exit 7', { env: { ...odd, ...front.env } });
      assert.deepEqual([status, stderr], [7, '']);
    }
  });
}

test('docker: the context of config.json, or of DOCKER_CONTEXT, says where the engine is', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const front = await engineFront(t, launcher.engine);
  const directory = temporaryVolume(t);
  const meta = join(directory, 'contexts/meta', createHash('sha256').update('here').digest('hex'));
  mkdirSync(meta, { recursive: true });
  const docker = { Host: front.env['DOCKER_HOST'], SkipTLSVerify: false };
  writeFileSync(
    join(meta, 'meta.json'),
    JSON.stringify({ Name: 'here', Metadata: {}, Endpoints: { docker } }),
  );
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ currentContext: 'here' }));
  const env = { DOCKER_HOST: '', DOCKER_CONFIG: directory };
  assert.equal((await launcher.script('exit 7', { env })).status, 7);
  assert.ok(front.asked.some((each) => each.startsWith('POST /containers/create')));
  assert.equal((await launcher.script('exit 7', { env: { ...env, DOCKER_CONTEXT: 'here' } })).status, 7);
  const missing = await launcher.script('exit 7', { env: { ...env, DOCKER_CONTEXT: 'there' } });
  assert.equal(missing.status, 64);
  assert.match(missing.stderr, /^emissary: Docker's context "there" does not exist[^\n]*\n$/);
});
