import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { layoutOf } from '../../../../src/contract/layout.ts';
import { saveOutputs } from '../../../../src/outputs/save-outputs.ts';
import { emptyTemplate } from '../../../../src/settings/template/template.ts';
import { seeded } from '../../../helpers/seeded.ts';
import { temporaryVolume } from '../../../helpers/volume.ts';

/** Any bytes that a name may have, and lengths around those at which tar changes its encoding. */
const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f);
const length = fc.constantFrom(1, 2, 3, 20, 98, 99, 100, 101, 154, 155, 156, 254, 255);
const bytes = length.chain((size) => fc.uint8Array({ minLength: size, maxLength: size }).map((a) => [...a]));
const name = fc
  .oneof(
    fc.array(byte, { minLength: 1, maxLength: 40 }),
    bytes.map((values) => values.map((value) => (value % 26) + 0x61)),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((text) => [...Buffer.from(text)]),
  )
  .map((values) => Buffer.from(values.filter((value) => value !== 0 && value !== 0x2f)).subarray(0, 255))
  .filter((value) => value.length > 0 && !['.', '..'].includes(value.toString('latin1')));

test('saveOutputs packs any names so that GNU tar extracts the same tree', async (t) => {
  const place = temporaryVolume(t);
  const [tree, out, root] = ['tree', 'out', 'root'].map((each) => join(place, each)) as [
    string,
    string,
    string,
  ];
  const archive = fc.constantFrom({ kind: 'tar', compressionLevel: 1 } as const, { kind: 'none' } as const);
  const property = fc.asyncProperty(
    fc.array(fc.tuple(name, name), { maxLength: 6 }),
    archive,
    async (names, how) => {
      for (const directory of [tree, out, root]) {
        rmSync(directory, { recursive: true, force: true });
        mkdirSync(directory);
      }
      for (const [directory, file] of names) {
        const within = Buffer.concat([Buffer.from(`${tree}/`), directory]);
        mkdirSync(within, { recursive: true });
        writeFileSync(Buffer.concat([within, Buffer.from('/'), file]), file);
      }
      const artifact = { name: 'tree', path: tree, optional: false, archive: how };
      const template = { ...emptyTemplate, artifacts: [artifact] };
      const { outputs } = await saveOutputs({
        template,
        layout: layoutOf(root),
        startStamp: null,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      });
      const { artifacts, missing, skipped } = outputs;
      assert.deepEqual([missing, skipped], [[], []]);
      execFileSync('tar', ['-xf', join(root, artifacts[0]?.file ?? ''), '-C', out]);
      execFileSync('diff', ['-r', tree, join(out, 'tree')]);
      assert.equal(readdirSync(out).length, 1);
    },
  );
  await fc.assert(property, { seed: seeded(t).seed, numRuns: 150 });
});
