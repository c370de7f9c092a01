import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pod } from '../helpers/saved.ts';

for (const when of ['before the run', 'by the job itself'] as const) {
  for (const where of [
    'outputs',
    'outputs/artifacts',
    'outputs/parameters',
    'outputs/.saving',
    'below',
  ] as const) {
    test(`run writes nothing outside the volume through a link at ${where}, created ${when}`, async (t) => {
      const its = pod(t);
      const elsewhere = join(its.work, 'elsewhere');
      mkdirSync(elsewhere);
      const link = join(its.root, where === 'below' ? join('outputs/artifacts', its.work) : where);
      its.template({
        outputs: {
          artifacts: [
            { name: 'file', path: join(its.work, 'file'), archive: { none: {} } },
            { name: 'tree', path: join(its.work, 'tree') },
          ],
          parameters: [{ name: 'number', valueFrom: { path: join(its.work, 'number') } }],
        },
      });
      const put = `rm -rf '${link}'; mkdir -p '${dirname(link)}'; ln -s '${elsewhere}' '${link}'`;
      if (when === 'before the run') {
        mkdirSync(dirname(link), { recursive: true });
        symlinkSync(elsewhere, link);
      }
      const make = 'echo a file >file; mkdir tree; echo in it >tree/leaf; printf 7 >number';
      const { status, stderr } = await its.run(when === 'before the run' ? make : `${make}; ${put}`);
      assert.deepEqual([status, stderr], [0, '']);
      assert.deepEqual(readdirSync(elsewhere), []);
      assert.deepEqual(its.outputs().missing, []);
      const kept = join(its.root, 'outputs/artifacts', its.work);
      assert.equal(readFileSync(join(kept, 'file'), 'utf8'), 'a file\n');
      assert.ok(lstatSync(join(kept, 'tree.tgz')).isFile());
      assert.equal(readFileSync(join(its.root, 'outputs/parameters', its.work, 'number'), 'utf8'), '7');
      assert.equal(existsSync(join(its.root, 'outputs/.saving')), false);
      // Any user of the pod may write to our directories.
      if (where === 'outputs') assert.equal(lstatSync(link).mode & 0o7777, 0o777);
    });
  }
}

test('run does not replace a file by a directory', async (t) => {
  const its = pod(t);
  const artifact = (name: string, path: string) => ({
    name,
    path: join(its.work, path),
    archive: { none: {} },
  });
  its.template({ outputs: { artifacts: [artifact('file', 'file'), artifact('leaf', 'tree/leaf')] } });
  const place = join(its.root, 'outputs/artifacts', its.work);
  const { status } = await its.run(
    `mkdir tree; echo x >file; echo y >tree/leaf; mkdir -p '${place}'; echo there >'${place}/tree'`,
  );
  assert.equal(status, 64);
  assert.deepEqual(
    its.outputs().missing.map(({ name }) => name),
    ['leaf'],
  );
  assert.equal(readFileSync(join(place, 'tree'), 'utf8'), 'there\n');
});
