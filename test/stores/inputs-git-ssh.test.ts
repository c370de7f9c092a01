import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startEmissary } from '../helpers/emissary.ts';
import { startGitServer } from '../helpers/git-server.ts';
import { inputs } from '../helpers/inputs.ts';
import { requireProgram } from '../helpers/require.ts';
import { pod } from '../helpers/saved.ts';
import { startSshServer } from '../helpers/ssh-server.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A repository behind an ssh server, a pod, and an empty directory for temporary files. */
async function overSsh(t: TestContext) {
  if (!requireProgram(t, 'git')) return null;
  const server = await startSshServer(t);
  if (server === null) return null;
  const [its, { path, commits }] = [pod(t), await startGitServer(t)];
  const temporary = join(temporaryVolume(t), 'tmp');
  mkdirSync(temporary);
  const env = {
    TMPDIR: temporary,
    EMISSARY_GIT_SSH_KEY: readFileSync(server.key, 'utf8').trimEnd(),
    EMISSARY_GIT_KNOWN_HOSTS:
      `[127.0.0.1]:${server.port} ${readFileSync(`${server.hostKey}.pub`, 'utf8')}`.trimEnd(),
  };
  const repo = `ssh://${server.user}@127.0.0.1:${server.port}${path}`;
  const template = inputs({ name: 'src', path: '/src', git: { repo } });
  return { its, server, commits, temporary, env, template };
}

test('init checks out a repository over ssh with a key and known hosts of its variables', async (t) => {
  const setting = await overSsh(t);
  if (setting === null) return;
  const { its, env, template, temporary } = setting;
  const { status, stderr } = await its.init(template, { env });
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/src/file'), 'utf8'), '3');
  assert.deepEqual(readdirSync(temporary), []);
});

test('init refuses a server over ssh that is not the known one, and a key that it does not accept', async (t) => {
  const setting = await overSsh(t);
  if (setting === null) return;
  const { its, env, template, server } = setting;
  const other = readFileSync(`${server.otherKey}.pub`, 'utf8').trimEnd();
  const unknown = { ...env, EMISSARY_GIT_KNOWN_HOSTS: `[127.0.0.1]:${server.port} ${other}` };
  const strange = { ...env, EMISSARY_GIT_SSH_KEY: readFileSync(server.otherKey, 'utf8') };
  for (const [given, reason] of [
    [unknown, /git: Host key verification failed/],
    [strange, /Permission denied/],
  ] as const) {
    const { status, stderr } = await its.init(template, { env: given });
    assert.equal(status, 65, stderr);
    assert.match(stderr, reason);
    assert.ok(!stderr.includes('PRIVATE KEY'));
  }
});

test('a killed init leaves no key of a repository on the disk', async (t) => {
  const setting = await overSsh(t);
  if (setting === null) return;
  const { its, env, template, temporary } = setting;
  // An ssh that stands still when it has the key.
  const programs = temporaryVolume(t);
  const marks = join(programs, 'key');
  const script = `#!/bin/sh\nkey=$(echo "$*" | grep -o '/proc/[0-9]*/fd/3')\ncat "$key" >${marks}\nexec sleep 1000\n`;
  writeFileSync(join(programs, 'ssh'), script);
  chmodSync(join(programs, 'ssh'), 0o755);
  const running = startEmissary(t, ['init', '--template', '-'], {
    root: its.root,
    stdin: JSON.stringify(template),
    env: { ...env, PATH: `${programs}:${process.env['PATH']}` },
  });
  await until(
    'ssh has the key',
    () => existsSync(marks) && readFileSync(marks, 'utf8').endsWith('KEY-----\n'),
  );
  assert.deepEqual(readdirSync(temporary), []);
  running.kill('SIGKILL');
  await running.finished;
  assert.deepEqual(readdirSync(temporary), []);
});
