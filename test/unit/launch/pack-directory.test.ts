import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { packDirectory } from '../../../src/launch/docker/pack-directory.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

const block = 512;

// Podman answers 500 when it has read the end and cannot pass on what follows it (buildah issue 6573).
test('what is sent to an engine ends with the two blocks that end an archive', async (t) => {
  const directory = temporaryVolume(t);
  writeFileSync(join(directory, 'file'), 'x'.repeat(3 * block));
  const { stream, ended } = packDirectory(directory, '');
  const [packed] = await Promise.all([buffer(stream), ended]);
  const archive = gunzipSync(packed);
  // The directory's header, the file's header and its content.
  const entries = (1 + 1 + 3) * block;
  assert.equal(archive.length, entries + 2 * block);
  assert.ok(archive.subarray(entries).every((byte) => byte === 0));
});
