import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';

const at = (offset: number) => ({
  timeline: offset,
  taken: 0,
  stdout: [offset, offset],
  stderr: [0, 0],
  done: false,
});
const entry = (line: number, offset: number) =>
  `${JSON.stringify({ line, turn: 'main', at: { main: at(offset) } })}\n`;

const journals: Readonly<Record<string, string>> = {
  'a line number beyond all': entry(9_000_000_000_000_000, 0),
  'a position beyond the files': entry(1, 9_000_000_000_000_000),
  'both, after what is true': entry(1, 0) + entry(3, 1e12) + entry(9_000_000_000_000_000, 1e12),
  'no position': '{"line":9000000000000000,"turn":"main","at":{}}\n',
  'a million entries': '{"line":1,"turn":"main","at":{}}\n'.repeat(1_000_000),
  'a million entries of other lines': Array.from({ length: 1_000_000 }, (_, index) => entry(index, 0)).join(
    '',
  ),
};

for (const [what, journal] of Object.entries(journals)) {
  test(`wait neither loses nor adds a line, and still reports, with a forged journal (${what})`, async (t) => {
    const job = reportedJob(t);
    await runJob(t, ['sh', '-c', 'seq 5; exit 3'], { root: job.root });
    mkdirSync(join(job.root, 'report'), { mode: 0o700 });
    writeFileSync(join(job.root, 'report/journal'), journal);
    const { status, stderr } = await emissary(['wait', '--timeout', '20'], job);
    assert.deepEqual([status, job.row().exitcode], [0, 3], stderr);
    assert.deepEqual(
      job.lines().map(({ seq, line }) => [seq, line]),
      [1, 2, 3, 4, 5].map((number) => [number, `${number}\n`]),
    );
  });
}
