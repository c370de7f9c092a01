import assert from 'node:assert/strict';
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Frame } from '../../../../src/contract/mirror/frame.ts';
import { Mirror } from '../../../../src/launch/mirror/mirror.ts';
import { emissary } from '../../../helpers/emissary.ts';
import { temporaryVolume } from '../../../helpers/volume.ts';

const frame = (parts: Pick<Frame, 'type'> & Partial<Frame> & { text: Buffer }): Frame => ({
  file: 0,
  offset: 0,
  bytes: Buffer.alloc(0),
  ...parts,
});

test('an abandoned mirror shows its containers as lost', async (t) => {
  const root = join(temporaryVolume(t), 'mirror');
  const mirror = new Mirror(root, 1_000_000);
  const started = Buffer.from(JSON.stringify({ pid: 1, startedAt: '2026-11-28T12:00:00.000Z', attempt: 1 }));
  mirror.apply(frame({ type: 'begin', text: Buffer.from('{"containers":["main"]}') }));
  mirror.apply(frame({ type: 'life', offset: 1, text: Buffer.from('main') }));
  mirror.apply(
    frame({ type: 'file', offset: started.length, text: Buffer.from('ctr/main/started'), bytes: started }),
  );
  const state = async () => {
    const { stdout } = await emissary(['status', '--json'], { root });
    return (JSON.parse(stdout.toString()) as { containers: { state: string }[] }).containers[0]?.state;
  };
  assert.equal(await state(), 'running');
  mirror.abandon();
  assert.equal(await state(), 'lost');
  mirror.close();
  assert.ok(lstatSync(join(root, 'ctr/main/alive')).isFIFO());
  assert.ok(existsSync(join(root, 'ctr/main/gone')));
});

test('a mirror whose receiver is gone shows a running container as running', async (t) => {
  const root = join(temporaryVolume(t), 'mirror');
  const mirror = new Mirror(root, 1_000_000);
  mirror.apply(frame({ type: 'life', offset: 1, text: Buffer.from('main') }));
  mirror.close();
  const { stdout } = await emissary(['status', '--json'], { root });
  assert.match(stdout.toString(), /"state": "running"/);
});
