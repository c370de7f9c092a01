import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { keptBy } from '../helpers/job.ts';
import { requireRoot } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const init = 65_532;
const stranger = 1000;
const script = { script: { source: '#!/bin/sh\necho own\n' } };

/** A volume on which a user has run `init`; it belongs to root, as an emptyDir does. */
async function installed(t: TestContext, uid: number, template: object = {}) {
  const root = temporaryVolume(t);
  const env = { EMISSARY_TEMPLATE: JSON.stringify(template) };
  const { status, stderr } = await emissary(['init'], { root, uid, gid: uid, env });
  assert.deepEqual([status, stderr], [0, '']);
  return { root, program: join(root, 'emissary') };
}

const asStranger = (root: string, command: string) =>
  execFileSync(
    'setpriv',
    ['--reuid', `${stranger}`, '--regid', `${stranger}`, '--clear-groups', 'sh', '-c', command],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );

test('on a volume that init owns, nobody can replace its files', async (t) => {
  if (!requireRoot(t)) return;
  const { root } = await installed(t, 0, script);
  assert.equal(statSync(root).mode & 0o7777, 0o1777);
  const names = ['emissary', 'argoexec', 'runtime', 'template', 'inputs', 'ctr', 'outputs'];
  assert.deepEqual(readdirSync(root).sort(), names.sort());
  for (const name of names) {
    assert.throws(() => asStranger(root, `mv ${name} away`), /Operation not permitted/, name);
    assert.throws(() => asStranger(root, `echo x > new; mv -f -T new ${name}`), name);
  }
  for (const name of ['runtime', 'inputs', `runtime/${readdirSync(join(root, 'runtime'))[0]}`])
    assert.throws(() => asStranger(root, `touch ${name}/new`), /Permission denied/, name);
  // Everyone can still work on it.
  asStranger(root, 'mkdir ctr/x outputs/x && echo 1/2 > progress');
});

test('run and wait reject a template that another container has replaced', async (t) => {
  if (!requireRoot(t)) return;
  const { root, program } = await installed(t, init);
  asStranger(root, `mv template away && echo '{"sidecars":["x"]}' > template`);
  const said = new RegExp(
    `template.*: it belongs to user ${stranger}, who did not install the emissary there: `,
  );
  const job = await emissary(['run', '--', 'true'], { root, program });
  assert.equal(job.status, 64);
  assert.match(job.stderr, said);
  assert.equal(keptBy(root).text('exitcode'), '64');
  const waited = await emissary(['wait'], { root });
  assert.match(waited.stderr, said);
  assert.equal(waited.status, 64);
});

test('run does not execute a script that another container has replaced', async (t) => {
  if (!requireRoot(t)) return;
  const { root, program } = await installed(t, init, script);
  asStranger(
    root,
    `mv inputs away; mkdir inputs; echo 'echo stolen' > inputs/.script; chmod 755 inputs/.script`,
  );
  const job = await emissary(['run', '--', 'sh'], { root, program });
  assert.deepEqual([job.status, job.stdout.toString()], [65, '']);
  assert.match(job.stderr, /^emissary: Cannot use the inputs .*: it belongs to user 1000, /);
});

for (const [who, uid] of Object.entries({ root: 0, 'the user of init': init, 'another user': 4242 })) {
  test(`init's files on a volume of root are trusted by ${who}, from there and from an image`, async (t) => {
    if (!requireRoot(t)) return;
    const { root, program } = await installed(t, init, script);
    for (const [name, file] of [
      ['installed', { program }],
      ['image', {}],
    ] as const) {
      const args = ['run', '--name', name, '--', 'sh'];
      const { status, stderr } = await emissary(args, { root, uid, gid: uid, ...file });
      assert.deepEqual([status, stderr], [0, '']);
    }
  });
}

test('run trusts a template that the owner of the volume has written', async (t) => {
  if (!requireRoot(t)) return;
  const root = temporaryVolume(t);
  chownSync(root, stranger, stranger);
  asStranger(root, 'echo "{}" > template');
  assert.equal((await emissary(['run', '--', 'true'], { root, uid: 4242, gid: 4242 })).status, 0);
});

test('init displaces a foreign runtime directory, and closes a world-writable one', async (t) => {
  if (!requireRoot(t)) return;
  const root = temporaryVolume(t);
  asStranger(root, 'mkdir -p runtime/x && touch runtime/trap && chmod -R 777 runtime');
  await emissary(['init'], { root });
  const runtime = join(root, 'runtime');
  assert.deepEqual([statSync(runtime).uid, readdirSync(runtime).length], [0, 1]);
  const only = join(runtime, readdirSync(runtime)[0] ?? '');
  chmodSync(runtime, 0o777);
  chmodSync(only, 0o777);
  const again = await emissary(['init'], { root });
  assert.deepEqual([again.status, again.stderr], [0, '']);
  for (const path of [runtime, only]) assert.equal(statSync(path).mode & 0o7777, 0o755);
});

test('init rejects a runtime directory that it cannot displace, with one message', async (t) => {
  if (!requireRoot(t)) return;
  const root = temporaryVolume(t);
  mkdirSync(join(root, 'runtime'));
  writeFileSync(join(root, 'runtime/trap'), '');
  chmodSync(root, 0o1777);
  const { status, stderr } = await emissary(['init'], { root, uid: init, gid: init });
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Cannot write ".*runtime.*": this user may not write there .*\n$/);
  assert.equal(readFileSync(join(root, 'runtime/trap'), 'utf8'), '');
});
