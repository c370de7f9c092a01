import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { startEmissary } from '../helpers/emissary.ts';
import { type GitServer, startGitServer } from '../helpers/git-server.ts';
import { inputs } from '../helpers/inputs.ts';
import { requireProgram, requireRoot } from '../helpers/require.ts';
import { type Pod, pod } from '../helpers/saved.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Whose checkout is tried: that of the program, and that of the library. */
const ways = [
  ['git', {}],
  ['the library', { PATH: '/nonexistent' }],
] as const;

const staged = (its: Pod, name = '') => join(its.root, 'inputs/artifacts/src', name);
const checkout = (git: object) => inputs({ name: 'src', path: '/src', git });
const git = (its: Pod, ...args: string[]) =>
  execFileSync('git', ['-c', 'safe.directory=*', '-C', staged(its), ...args], { encoding: 'utf8' }).trim();

for (const [way, env] of ways) {
  for (const [title, revision, content] of [
    ["the repository's HEAD", () => undefined, '3'],
    ['a branch', () => 'other', '3'],
    ['a tag', () => 'v1', '1'],
    ["a commit that is no branch's tip", ({ commits }: GitServer) => commits[1], '2'],
  ] as const)
    for (const depth of [undefined, 1])
      test(`init checks out ${title} with ${way}${depth === 1 ? ', without history' : ''}`, async (t) => {
        if (!requireProgram(t, 'git')) return;
        const [its, server] = [pod(t), await startGitServer(t)];
        const source = { repo: server.url, revision: revision(server), depth };
        const { status, stderr } = await its.init(checkout(source), { env });
        assert.equal(status, 0, stderr);
        assert.equal(readFileSync(staged(its, 'file'), 'utf8'), content);
        assert.equal(git(its, 'rev-parse', 'HEAD'), server.commits[Number(content) - 1]);
        assert.equal(git(its, 'status', '--porcelain'), '');
      });

  test(`init passes the credentials of a repository only to its server with ${way}`, async (t) => {
    if (!requireProgram(t, 'git')) return;
    const [its, server] = [pod(t), await startGitServer(t, 'p w')];
    const source = { repo: server.url };
    const without = await its.init(checkout(source), { env });
    assert.equal(without.status, 65);
    assert.match(without.stderr, /Cannot stage input src \(\/src\): git: /);
    const credentials = { EMISSARY_GIT_USER: 'u', EMISSARY_GIT_PASSWORD: 'p w' };
    const { status, stderr } = await its.init(checkout(source), { env: { ...env, ...credentials } });
    assert.equal(status, 0, stderr);
    const inUrl = { repo: server.url.replace('//', '//u:p%20w@') };
    const again = await its.init(checkout(inUrl), { env });
    assert.equal(again.status, 0, again.stderr);
    assert.doesNotMatch(readFileSync(staged(its, '.git/config'), 'utf8'), /p( |%20)w/);
  });

  test(`init refuses a repository without a commit, with ${way}`, async (t) => {
    if (!requireProgram(t, 'git')) return;
    const [its, server] = [pod(t), await startGitServer(t)];
    execFileSync('git', ['init', '--quiet', '--bare', join(dirname(server.path), 'empty.git')]);
    const repo = server.url.replace('repository.git', 'empty.git');
    const { status, stderr } = await its.init(checkout({ repo }), { env });
    assert.equal(status, 65, stderr);
    assert.match(stderr, /^emissary: Cannot stage input src \(\/src\): git: [^\n]*\n$/);
    assert.ok(!existsSync(staged(its)));
  });

  test(`init names what a repository does not have, with ${way}`, async (t) => {
    if (!requireProgram(t, 'git')) return;
    const [its, server] = [pod(t), await startGitServer(t)];
    for (const source of [
      { repo: server.url, revision: 'none' },
      { repo: server.url, revision: '0123456789'.repeat(4) },
      { repo: `${server.url}x` },
      { repo: '--upload-pack=touch /tmp/x', revision: 'main' },
    ]) {
      const { status, stderr } = await its.init(checkout(source), { env });
      assert.deepEqual([status, stderr.split('\n').length], [65, 2], stderr);
      assert.match(stderr, /Cannot stage input src \(\/src\): /);
    }
  });
}

test('no argument of git has the credentials', async (t) => {
  if (!requireProgram(t, 'git')) return;
  const [its, server] = [pod(t), await startGitServer(t, 'p w')];
  const directory = temporaryVolume(t);
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const log = join(directory, 'log');
  writeFileSync(join(directory, 'git'), `#!/bin/sh\necho "$*" >>${log}\nexec ${real} "$@"\n`);
  chmodSync(join(directory, 'git'), 0o755);
  const env = { PATH: `${directory}:${process.env['PATH']}` };
  const repo = server.url.replace('//', '//u:p%20w@');
  const { status, stderr } = await its.init(checkout({ repo }), { env });
  assert.equal(status, 0, stderr);
  assert.match(readFileSync(log, 'utf8'), /^clone /);
  assert.doesNotMatch(readFileSync(log, 'utf8'), /p( |%20)w/);
});

test('a job of another user can use git in a checkout', async (t) => {
  if (!requireProgram(t, 'git') || !requireRoot(t)) return;
  const [its, server] = [pod(t), await startGitServer(t)];
  const path = join(its.work, 'src');
  const template = inputs({ name: 'src', path, git: { repo: server.url, depth: 1 } });
  const prepared = await its.init(template);
  assert.equal(prepared.status, 0, prepared.stderr);
  const env = { HOME: its.work, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'a.b', GIT_CONFIG_VALUE_0: 'c' };
  const script = 'git -C src status --porcelain && git -C src rev-parse HEAD && git config a.b';
  const { status, stdout, stderr } = await its.run(script, { uid: 65_534, gid: 65_534, env });
  assert.equal(status, 0, stderr);
  assert.equal(stdout.toString(), `${server.commits[2]}\nc\n`);
});

test('a git that a killed init has left does not write into the checkout of the next', async (t) => {
  if (!requireProgram(t, 'git')) return;
  const [its, server] = [pod(t), await startGitServer(t)];
  const directory = temporaryVolume(t);
  const mark = join(directory, 'pid');
  const script = `#!/bin/sh
for place; do :; done
mkdir "$place"
echo $$ >${mark}
while :; do echo x >"$place/junk" || mkdir "$place"; sleep 0.01; done 2>/dev/null
`;
  writeFileSync(join(directory, 'git'), script, { mode: 0o755 });
  const template = checkout({ repo: server.url });
  const killed = startEmissary(t, ['init', '--template', '-'], {
    root: its.root,
    stdin: JSON.stringify(template),
    env: { PATH: `${directory}:${process.env['PATH']}` },
  });
  await until('git writes', () => readFileSync(mark, 'utf8').endsWith('\n'));
  atEnd(t, () => void process.kill(Number(readFileSync(mark, 'utf8')), 'SIGKILL'));
  killed.kill('SIGKILL');
  await killed.finished;
  const { status, stderr } = await its.init(template);
  assert.equal(status, 0, stderr);
  assert.deepEqual(readdirSync(staged(its)).sort(), ['.git', 'file']);
});

test('submodules are only checked out if the template asks for them', async (t) => {
  if (!requireProgram(t, 'git')) return;
  const [its, inner, outer] = [pod(t), await startGitServer(t), await startGitServer(t)];
  const work = temporaryVolume(t);
  const run = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', work, ...args], {
      stdio: 'pipe',
    });
  run('clone', '--quiet', outer.path, '.');
  // The server answers only when git does not block this process.
  run('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.path, 'inner');
  run('config', '--file', '.gitmodules', 'submodule.inner.url', inner.url);
  run('commit', '--all', '--quiet', '--message', 'inner');
  run('push', '--quiet', 'origin', 'HEAD:main');
  for (const isWanted of [false, true]) {
    const source = { repo: outer.url, ...(isWanted && { disableSubmodules: false }) };
    const { status, stderr } = await its.init(checkout(source));
    assert.equal(status, 0, stderr);
    assert.equal(existsSync(staged(its, 'inner/file')), isWanted);
  }
});
