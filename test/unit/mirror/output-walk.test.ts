import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Volume } from '../../../src/contract/volume.ts';
import { compareOutputs, walkOutputs } from '../../../src/mirror/output-walk.ts';
import { seeded } from '../../helpers/seeded.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

test('outputs are found in the order in which they are compared', (t) => {
  const chance = seeded(t);
  const root = temporaryVolume(t);
  const part = () => chance.pick(['a', 'a-b', 'a.b', 'ab', 'b', ' ', '~', 'é', 'A']);
  for (let count = 0; count < 200; count += 1) {
    const kind = chance.pick(['outputs/artifacts', 'outputs/parameters']);
    const parts = Array.from({ length: chance.whole(0, 3) }, () => `${part()}.d`);
    const path = join(root, kind, ...parts, part());
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
  const volume = new Volume(root);
  const found = [...walkOutputs(volume)].flatMap((output) => (output.kind === 'file' ? [output.path] : []));
  volume.close();
  assert.ok(found.length > 50);
  for (const [index, path] of found.entries())
    assert.ok(index === 0 || compareOutputs(found[index - 1] ?? '', path) < 0, path);
});
