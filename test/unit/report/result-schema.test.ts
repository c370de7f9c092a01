import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResult } from '../../../src/report/result-schema.ts';

test('a result.json with millions of wrong elements is refused in bounded memory', () => {
  const wrong = Buffer.from(`{"version":1,"attempts":[${'0,'.repeat(8_000_000)}0]}`);
  const beforeKiB = process.resourceUsage().maxRSS;
  assert.equal(parseResult(wrong), null);
  const grownMiB = (process.resourceUsage().maxRSS - beforeKiB) / 1024;
  // 16 MB of text are some 200 MiB as values; a description of each wrong element would be 2,500 MiB more.
  assert.ok(grownMiB < 1000, `${grownMiB} MiB`);
});
