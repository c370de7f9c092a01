import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { alternate } from '../../bench/alternate.ts';
import { judge } from '../../bench/judge.ts';
import { placeOf, readPeer, underPeer } from '../../bench/peer.ts';
import type { Row, Target } from '../../bench/row.ts';
import { summarize } from '../../bench/statistics.ts';
import { table } from '../../bench/table.ts';

const row = (target: Target): Row => ({
  name: 'row',
  title: 'a figure',
  unit: 'ms',
  target,
  measure: () => Promise.reject(new Error('not measured here')),
});
const measured = { ours: [30, 10, 20], others: [{ name: 'other', samples: [10, 8, 12] }] };

test('quantiles use the nearest rank', () => {
  const samples = Array.from({ length: 200 }, (_, index) => 200 - index);
  assert.deepEqual(summarize(samples), { count: 200, p5: 10, p50: 100, p95: 190, p99: 198, max: 200 });
  assert.deepEqual(summarize([7]), { count: 1, p5: 7, p50: 7, p95: 7, p99: 7, max: 7 });
});

test('a ratio compares the medians with the first competitor', () => {
  const { found, target, met } = judge(row({ kind: 'ratio', atMost: 1.9 }), measured);
  assert.deepEqual([found, target, met], ['2.00×', '≤ 1.9× other', false]);
  assert.equal(judge(row({ kind: 'ratio', atLeast: 2 }), measured).met, true);
});

test('a ratio to nothing is never met', () => {
  assert.equal(judge(row({ kind: 'ratio', atMost: 1e9 }), { ours: [1], others: [] }).met, false);
});

test('a value is compared as its target says', () => {
  assert.equal(judge(row({ kind: 'value', of: 'p50', atMost: 20 }), measured).met, true);
  assert.equal(judge(row({ kind: 'value', of: 'max', atMost: 20 }), measured).met, false);
});

test('the table has one line per figure and one per competitor', () => {
  const lines = table([judge(row({ kind: 'ratio', atMost: 1.9 }), measured)]).split('\n');
  assert.equal(lines.length, 3);
  assert.match(
    lines[1] ?? '',
    /^a figure +20\.00 ms +10\.00 – 30\.00 +30\.00 +3 +2\.00× +≤ 1\.9× other +MISSED$/,
  );
  assert.match(lines[2] ?? '', /^ {2}other +10\.00 ms/);
});

test('samples are taken alternately, after a warm-up round', async () => {
  const order: string[] = [];
  const take = (name: string) => () => order.push(name);
  const samples = await alternate(2, { a: take('a'), b: take('b') });
  assert.equal(order.join(''), 'ababab');
  assert.deepEqual(
    [...samples],
    [
      ['a', [3, 5]],
      ['b', [4, 6]],
    ],
  );
});

test('a competitor that fails is left out, and our own failure is one', async () => {
  const fail = () => Promise.reject(new Error('it cannot'));
  const samples = await alternate(2, { ours: () => 1, theirs: fail });
  assert.deepEqual([...samples], [['ours', [1, 1]]]);
  await assert.rejects(alternate(2, { ours: fail }), /it cannot/);
});

test('a peer is a name and the arguments that come before the job', () => {
  const peer = readPeer('mine=mine run  --dir {root}/x --');
  assert.deepEqual(underPeer(peer, '/r', ['true']), ['mine', 'run', '--dir', '/r/x', '--', 'true']);
  assert.throws(() => readPeer('mine'), /--peer: "mine" is not name=command/);
});

test('a peer may keep its files in a directory of its own', () => {
  const root = mkdtempSync(join(tmpdir(), 'peer-'));
  writeFileSync(join(root, 'old'), '');
  const peer = readPeer(`argo@${root}=env A=b argoexec emissary --`);
  assert.deepEqual(placeOf(peer, '/fresh', ['true']), {
    root,
    args: ['env', 'A=b', 'argoexec', 'emissary', '--', 'true'],
  });
  assert.deepEqual(readdirSync(root), ['template']);
  rmSync(root, { recursive: true });
});

test('a busy machine makes times worthless, and no ratio or size', () => {
  const judged = (target: Target, unit: Row['unit']) => judge({ ...row(target), unit }, measured, true);
  const { met, worthless } = judged({ kind: 'value', of: 'p50', atMost: 20 }, 'ms');
  assert.deepEqual([met, worthless], [null, true]);
  assert.match(table([judged({ kind: 'none' }, 'ms')]), /worthless: the machine is busy$/m);
  assert.equal(judged({ kind: 'ratio', atLeast: 1 }, 'ms').met, true);
  assert.equal(judged({ kind: 'value', of: 'p50', atMost: 20 }, 'MiB').met, true);
});
