import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { emissary } from '../helpers/emissary.ts';
import { restrictedViolations } from '../helpers/pod-security.ts';
import { temporaryVolume } from '../helpers/volume.ts';

async function manifest(t: TestContext, args: readonly string[], definition: object = {}, variables = '') {
  const cwd = temporaryVolume(t);
  writeFileSync(join(cwd, 'job.env'), variables);
  const usual = { name: 'A', executable: 'a', ociimage: 'a:1' };
  writeFileSync(join(cwd, 'app.json'), JSON.stringify({ ...usual, ...definition }));
  const { status, stdout, stderr } = await emissary(
    ['manifest', '--variables', 'job.env', ...args, 'app.json'],
    { cwd },
  );
  const objects = parseAllDocuments(stdout.toString()).map((document) => document.toJS());
  return { status, stderr, text: stdout.toString(), objects, spec: objects.at(-1)?.spec };
}

test('manifest gives the job a numeric user, whatever user its image names', async (t) => {
  for (const [args, user] of [
    [[], 65_532],
    [['--user', '1000'], 1000],
    [['--user', 'image'], undefined],
    [['--allow-root', '--user', '1000'], 1000],
  ] as const) {
    const { status, spec } = await manifest(t, args);
    assert.deepEqual([status, spec.containers[0].securityContext.runAsUser], [0, user]);
    if (!args.includes('--allow-root' as never)) assert.deepEqual(restrictedViolations(spec), []);
  }
});

test('manifest --allow-root lets only the job run as root, without privilege escalation', async (t) => {
  for (const [args, user] of [
    [['--allow-root'], undefined],
    [['--allow-root', '--user', '0'], 0],
  ] as const) {
    const { status, spec } = await manifest(t, args);
    assert.equal(status, 0);
    assert.equal(spec.securityContext.runAsNonRoot, undefined);
    assert.equal(spec.securityContext.seccompProfile.type, 'RuntimeDefault');
    const [main, reporter] = spec.containers;
    assert.equal(main.securityContext.runAsUser, user);
    assert.equal(main.securityContext.allowPrivilegeEscalation, false);
    const { drop, add } = main.securityContext.capabilities;
    assert.deepEqual([drop, add], [['ALL'], ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID']]);
    for (const { securityContext } of [spec.initContainers[0], reporter]) {
      assert.equal(securityContext.runAsNonRoot, true);
      assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] });
    }
  }
});

test('manifest without --allow-root rejects root, and names that option', async (t) => {
  const { status, stderr } = await manifest(t, ['--user', '0']);
  assert.equal(status, 64);
  assert.match(
    stderr,
    /--user is not the user ID of a user other than root; to run the job as root, add --allow-root/,
  );
});

test('manifest includes file-path files in a Secret, and init puts them at their paths', async (t) => {
  const here = temporaryVolume(t);
  const path = join(here, 'table.csv');
  writeFileSync(path, 'hidden content\n');
  const type = 'file-path';
  const environment = { TABLE: { type }, OTHER: { type }, DEFAULT: { type, defval: '/etc/hostname' } };
  const given = `TABLE=${path}\nOTHER=${here}\n`;
  const { status, stderr, text, objects, spec } = await manifest(t, [], { environment }, given);
  assert.deepEqual(
    [status, stderr],
    [
      0,
      'emissary: OTHER: its file is not included (it is not a regular file); the image or the job must provide it\n',
    ],
  );
  assert.doesNotMatch(text, /hidden/);
  const [secret] = objects;
  const bytes = Buffer.from(secret.data['template.json'], 'base64');
  const [install] = spec.initContainers;
  assert.deepEqual(install.args, ['init', '--template', '/var/run/secrets/multiflexi/init/template.json']);
  assert.deepEqual(
    install.volumeMounts.map(({ name }: { name: string }) => name),
    ['emissary', 'init-secrets'],
  );
  const { inputs } = JSON.parse(bytes.toString());
  const rawBase64 = Buffer.from('hidden content\n').toString('base64');
  assert.deepEqual(inputs, { artifacts: [{ name: 'TABLE', path, rawBase64 }] });
  // Podman before 4.4 mounts it without decoding it.
  for (const mounted of [bytes.toString(), bytes.toString('base64')]) {
    const root = temporaryVolume(t);
    writeFileSync(join(here, 'template.json'), mounted);
    const init = await emissary(['init', '--template', join(here, 'template.json')], { root });
    assert.deepEqual([init.status, init.stderr], [0, '']);
    writeFileSync(path, 'of the image\n');
    const run = await emissary(['run', '--', 'cat', path], { root });
    assert.deepEqual([run.status, run.stdout.toString()], [0, 'hidden content\n']);
  }
});

test('manifest rejects files too large for a Secret, and names their variable', async (t) => {
  const path = join(temporaryVolume(t), 'large');
  writeFileSync(path, Buffer.alloc(600_000));
  const environment = { TABLE: { type: 'file-path' } };
  const { status, stderr } = await manifest(t, [], { environment }, `TABLE=${path}\n`);
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: manifest: TABLE: its file exceeds the 524288 bytes for all files in the Secret/,
  );
});
