import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogFile } from '../../../../src/run/streams/log-file.ts';
import { Timeline } from '../../../../src/run/streams/timeline.ts';
import { temporaryVolume } from '../../../helpers/volume.ts';

/** Lines of a timeline with this limit, after this many pieces of one byte, alternating between the streams. */
async function linesOf(directory: string, limit: number, pieces: number): Promise<readonly string[]> {
  const path = join(directory, `${limit}`);
  const file = new LogFile(path, 0);
  const timeline = new Timeline(file, limit);
  for (let piece = 0; piece < pieces; piece += 1) timeline.arrive(piece % 2 === 0 ? 1 : 2).stored(1);
  await timeline.flush();
  file.close();
  const text = readFileSync(path, 'utf8');
  assert.ok(text.length <= limit, `${text.length} bytes`);
  assert.ok(text === '' || text.endsWith('\n'));
  return text.split('\n').slice(0, -1);
}

test('a timeline ends with a complete line at its limit', async (t) => {
  const directory = temporaryVolume(t);
  const lineBytes = '1700000000000 1 1\n'.length;
  for (const limit of [1, 17, 18, 19, 35, 36, 53, 54, 179]) {
    const lines = await linesOf(directory, limit, 10);
    assert.equal(lines.length, Math.floor(limit / lineBytes), `${limit} bytes`);
    assert.ok(lines.every((line, index) => line.endsWith(index % 2 === 0 ? ' 1 1' : ' 2 1')));
  }
});

test('a timeline within its limit is complete', async (t) => {
  assert.equal((await linesOf(temporaryVolume(t), 10_000, 100)).length, 100);
});
