import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResult } from '../../../src/observe/result-schema.ts';

const time = '2026-01-31T22:00:00.000Z';
const small = {
  version: 1,
  container: 'main',
  command: ['true'],
  pid: 1,
  attempts: [],
  startedAt: time,
  finishedAt: time,
  verdict: 'succeeded',
  exitCode: 0,
  signal: null,
  origin: 'job',
  message: null,
  stdout: { bytes: 0, truncated: false },
  stderr: { bytes: 0, truncated: false },
  usage: { userSeconds: 0, systemSeconds: 0, maxRssBytes: 0 },
};

test('a result.json with millions of invalid elements is rejected in bounded memory', () => {
  const wrong = Buffer.from(`{"version":1,"attempts":[${'0,'.repeat(8_000_000)}0]}`);
  const beforeKiB = process.resourceUsage().maxRSS;
  assert.equal(parseResult(wrong), null);
  const grownMiB = (process.resourceUsage().maxRSS - beforeKiB) / 1024;
  // 16 MB of text would be 200 MiB as values, and a description of each invalid element 2,500 MiB more.
  assert.ok(grownMiB < 100, `${grownMiB} MiB`);
});

test('a result.json with more outputs than any job has is accepted', () => {
  const outputs = Array.from({ length: 60_000 }, (_, index) => ({
    name: `artifact-${index}`,
    path: `/tmp/out/${index}.csv`,
    file: `artifacts/${index}.tgz`,
    bytes: index,
    sha256: 'a'.repeat(64),
    archive: 'tar',
  }));
  const whole = { ...small, outputs: { parameters: [], artifacts: outputs, missing: [], skipped: [] } };
  assert.equal(parseResult(Buffer.from(JSON.stringify(whole)))?.outputs.artifacts.length, outputs.length);
});
