import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { engineFront } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const name of ['docker', 'podman'] as const) {
  test(`${name}: after the run, no secret is with the engine, in any form`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null || launcher.engine === null) return;
    const { engine } = launcher;
    const secret = randomBytes(12).toString('hex');
    const variables = join(temporaryVolume(t), 'variables');
    writeFileSync(variables, `MY_PASSWORD=${secret}\n`, { mode: 0o600 });
    const requests: string[] = [];
    const front = await engineFront(t, engine, (asked) => {
      requests.push(asked.path, asked.body, JSON.stringify(asked.headers));
      return asked.pass();
    });
    const since = String(Math.floor(Date.now() / 1000) - 1);
    // The job itself tells it, and its emissary masks it.
    const { status, stdout } = await launcher.script('echo "$MY_PASSWORD"; exit 3', {
      options: ['--variables', variables, '--keep', 'always'],
      env: front.env,
    });
    assert.deepEqual([status, stdout.toString()], [3, '***\n']);
    const [container = ''] = await launcher.containers();
    assert.notEqual(container, '');
    const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];
    const until = String(Math.ceil(Date.now() / 1000) + 1);
    for (const args of [
      ['inspect', container],
      ['logs', container],
      ['history', '--no-trunc', launcher.options[3] ?? ''],
      ['events', '--since', since, '--until', until],
      ['ps', '--all', '--no-trunc'],
    ]) {
      const { exitCode, stdout: said, stderr } = await engine.run(args);
      assert.equal(exitCode, 0, `${args[0]}: ${stderr}`);
      for (const form of forms) assert.ok(!`${said}${stderr}`.includes(form), String(args[0]));
    }
    for (const form of forms) assert.ok(!requests.some((each) => each.includes(form)));
    await engine.run(['rm', '-f', container]);
  });
}

for (const name of ['docker', 'podman'] as const)
  test(`${name}: a job of another user gets its variables, whatever the launcher’s umask`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const variables = join(temporaryVolume(t), 'variables');
    writeFileSync(variables, 'GREETING=hello\n');
    const { status, stdout, stderr } = await launcher.script('echo "$GREETING"', {
      options: ['--variables', variables, '--user', '1234:1234'],
      under: ['sh', '-c', 'umask 077; exec "$0" "$@"'],
    });
    assert.deepEqual([status, stdout.toString()], [0, 'hello\n'], stderr);
  });

test('what is kept of a job with secrets, only its user can reach', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const variables = join(temporaryVolume(t), 'variables');
  writeFileSync(variables, 'MY_PASSWORD=s3cret-value\n', { mode: 0o600 });
  const options = ['--variables', variables, '--keep', 'always', '--job-id', '3', '--report', 'none'];
  await launcher.script('exit 3', { options });
  assert.equal(statSync(launcher.state).mode & 0o777, 0o700);
  const record = readFileSync(join(launcher.state, 'jobs/job-3/launch.json'), 'utf8');
  assert.ok(!record.includes('s3cret-value'));
  for (const container of await launcher.containers()) await launcher.engine?.run(['rm', '-f', container]);
});

test('podman: the service that a launch starts, and that outlives it, has no credentials of the report', async (t) => {
  const launcher = await launcherOf(t, 'podman');
  if (launcher === null) return;
  const secret = randomBytes(12).toString('hex');
  const env = { MULTIFLEXI_API_PASSWORD: secret, MULTIFLEXI_DATABASE_URL: `mysql://u:${secret}@localhost/m` };
  assert.equal((await launcher.script('exit 3', { env, options: ['--report', 'none'] })).status, 3);
  const socket = join(launcher.state, 'podman.sock');
  const services = readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && textOf(pid, 'cmdline').includes(socket),
  );
  assert.notEqual(services.length, 0);
  for (const pid of services) assert.ok(!textOf(pid, 'environ').includes(secret), `process ${pid} has it`);
});

function textOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
