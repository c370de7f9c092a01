import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { requireProgram } from '../helpers/require.ts';
import { type Pod, pod, tool } from '../helpers/saved.ts';

const long = 'n'.repeat(150);
/** A tree with every attribute that a file can have. */
const tree = `mkdir -p d/e && echo x > d/f && echo y > d/plain && ln -s f d/l && echo z > d/${long} && ln d/f d/hard
  setfattr -n user.name -v "value
of two lines" d/f; setfattr -n user.empty d/f; setfattr -n user.other -v 0xff00fe d/e; setfattr -n user.ěš -v 1 d/e; setfattr -n 'user.a=b%' -v 2 d/e; setfattr -n user.l -v y d/${long}
  setfacl -m u:1234:r,g:2345:rw d/f; setfacl -d -m u:77:rx d/e`;

/** @returns null after the test was skipped because files cannot have attributes here */
async function saved(t: TestContext, archive: object): Promise<Pod | null> {
  for (const name of ['setfattr', 'setfacl', 'getfattr', 'getfacl'])
    if (!requireProgram(t, name)) return null;
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'd', path: join(its.work, 'd'), archive }] } });
  const { status, stderr } = await its.run(tree);
  assert.deepEqual([status, stderr], [0, '']);
  return its;
}

const shown = (directory: string) =>
  tool('sh', ['-c', 'getfattr -R -h -d -m - -e hex d; getfacl -R -P -n d'], directory);

const unpackers = { tar: '-z', zstd: '--zstd', none: '' };
for (const [kind, unpacker] of Object.entries(unpackers)) {
  test(`run saves extended attributes and ACLs in ${kind} if configured, readable for GNU tar`, async (t) => {
    const its = await saved(t, { [kind]: { xattrs: true } });
    if (its === null) return;
    const out = join(its.root, 'out');
    tool('mkdir', [out]);
    const args = ['--xattrs', '--xattrs-include=*', '--acls', '-C', out, '-xf', its.artifact()];
    tool('tar', unpacker === '' ? args : [unpacker, ...args]);
    assert.equal(shown(out), shown(its.work));
    assert.deepEqual(its.outputs().skipped, []);
  });
}

test('run names attributes as tar(1) does', async (t) => {
  const its = await saved(t, { none: { xattrs: true } });
  if (its === null) return;
  const named = (file: string) =>
    tool('tar', ['--xattrs', '--acls', '-tvvf', file])
      .split('\n')
      .filter((line) => /^ +[xa]: /.test(line))
      // An ACL that is equivalent to the mode: the file has none.
      .map((line) => line.replace(/^( +a: )user::...,group::...,other::...,default/, '$1default'))
      .sort();
  const theirs = join(its.root, 'theirs.tar');
  tool('tar', ['--xattrs', '--acls', '-cf', theirs, 'd'], its.work);
  assert.deepEqual(named(its.artifact()), named(theirs));
});

test('run saves capabilities as an attribute', async (t) => {
  if (!requireProgram(t, 'setcap')) return;
  const its = pod(t);
  const archive = { tar: { xattrs: true } };
  its.template({ outputs: { artifacts: [{ name: 'd', path: join(its.work, 'd'), archive }] } });
  await its.run('mkdir d; cp /bin/true d/; setcap cap_net_raw+ep d/true');
  const kept = tool('sh', ['-c', `gzip -dc ${its.artifact()} | grep -ao 'SCHILY[^=]*='`]);
  assert.equal(kept, 'SCHILY.xattr.security.capability=\n');
});

for (const [archive, reason] of [
  [{ tar: {} }, 'set "xattrs": true in its archive to save them'],
  [{ zip: {} }, 'a ZIP file cannot contain them'],
] as const) {
  test(`run records once which attributes ${Object.keys(archive)[0]} loses`, async (t) => {
    const its = await saved(t, archive);
    if (its === null) return;
    // f under both of its names, the directory e, and the file with the long name.
    const what = `extended attributes, ACLs or capabilities of 4 of its files are not saved: ${reason}`;
    assert.deepEqual(its.outputs().skipped, [{ path: join(its.work, 'd'), reason: what }]);
  });
}

test('run records which attributes a bare file loses', async (t) => {
  if (!requireProgram(t, 'setfattr')) return;
  const its = pod(t);
  const path = join(its.work, 'f');
  its.template({ outputs: { artifacts: [{ name: 'f', path, archive: { none: { xattrs: true } } }] } });
  await its.run('echo x > f; setfattr -n user.name -v value f');
  const [skipped, ...others] = its.outputs().skipped;
  assert.deepEqual([skipped?.path, others], [path, []]);
  assert.match(skipped?.reason ?? '', /^extended attributes, .* of 1 of its files are not saved: /);
});
