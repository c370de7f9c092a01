import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { installBundle, writeManifests } from '../../../build/release/install-bundle.ts';
import { projectVersion } from '../../../build/version-mentions.ts';
import { packedChart } from '../../helpers/packed-chart.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

test('the same tree gives the same chart, whatever the umask', async (t) => {
  const first = readFileSync(await packedChart(t));
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  assert.ok(readFileSync(await packedChart(t)).equals(first));
});

test('a packed chart has the version, and the definition and the rights as files', async (t) => {
  const directory = temporaryVolume(t);
  await execa('tar', ['-xzf', await packedChart(t), '-C', directory]);
  const file = (path: string) => join(directory, 'multiflexi-emissary-operator', path);
  const version = await projectVersion();
  assert.match(readFileSync(file('Chart.yaml'), 'utf8'), new RegExp(`^version: ${version}$`, 'm'));
  for (const each of ['crd', 'role']) {
    assert.ok(lstatSync(file(`files/${each}.yaml`)).isFile());
    const text = readFileSync(`images/operator/${each}.yaml`, 'utf8');
    assert.equal(readFileSync(file(`files/${each}.yaml`), 'utf8'), text);
  }
});

test('install.yaml has the definition, one role and the operator', async () => {
  const bundle = await installBundle();
  const kinds = [...bundle.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind);
  const roles = ['ClusterRoleBinding', 'Role', 'RoleBinding'];
  assert.deepEqual(kinds, [
    ...['CustomResourceDefinition', 'ClusterRole', 'Namespace', 'ServiceAccount', ...roles],
    ...['Deployment', 'PodDisruptionBudget'],
  ]);
});

test('a release has each manifest that the documents tell people to apply', async (t) => {
  const directory = temporaryVolume(t);
  await writeManifests(directory);
  assert.equal(readFileSync(join(directory, 'install.yaml'), 'utf8'), await installBundle());
  for (const file of readdirSync(directory).filter((each) => each !== 'install.yaml'))
    assert.equal(
      readFileSync(join(directory, file), 'utf8'),
      readFileSync(join('images/operator', file), 'utf8'),
    );
  const documents = ['README.md', 'images/chart/README.md', 'src/operator/README.md'];
  const text = [...documents, 'src/operator/webhook/README.md']
    .map((file) => readFileSync(file, 'utf8'))
    .join();
  const applied = [...text.matchAll(/--filename (\S+\.yaml)/g)].map(([, file = '']) => file);
  const release = readdirSync(directory);
  assert.ok(applied.length > 4);
  for (const file of applied)
    assert.ok(
      release.includes(file.replace(/^dist\/release\//, '')),
      `${file} is in a release, of ${release.join()}`,
    );
});
