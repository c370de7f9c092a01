import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('page --output writes to what is no file, and replaces it with none', async (t) => {
  const [root, place] = [temporaryVolume(t), temporaryVolume(t)];
  const fifo = join(place, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const read = readFile(fifo, 'utf8');
  const { status, stderr } = await emissary(['page', '--output', fifo], { root });
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(lstatSync(fifo).isFIFO());
  assert.match(await read, /^<!doctype html>[^]*<\/html>\n$/);
  const directory = await emissary(['page', '--output', place], { root });
  assert.equal(directory.status, 64);
  assert.match(directory.stderr, /^emissary: Cannot write the page "[^"]+": EISDIR[^\n]*\n$/);
});

test('page --output writes through a link', async (t) => {
  const [root, place] = [temporaryVolume(t), temporaryVolume(t)];
  const [file, link] = [join(place, 'file'), join(place, 'link')];
  writeFileSync(file, 'old');
  symlinkSync(file, link);
  const { status, stderr } = await emissary(['page', '--output', link], { root });
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.match(readFileSync(file, 'utf8'), /^<!doctype html>/);
});
