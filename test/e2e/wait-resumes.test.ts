import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { startReadyJob } from '../helpers/job.ts';
import { endTree } from '../helpers/kill-tree.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

const template = { containerSet: { containers: [{ name: 'a' }, { name: 'b' }] } };

test('wait that follows a killed one delivers the unfinished line of a lost container once', async (t) => {
  const job = reportedJob(t);
  writeFileSync(join(job.root, 'template'), JSON.stringify(template));
  const texts = () => job.lines().map(({ line }) => line);
  const first = await startWait(t, job);
  const a = await startReadyJob(t, ['sh', '-c', 'echo ready; printf half; exec sleep 3600'], {
    root: job.root,
    name: 'a',
  });
  await until('half a line is on the volume', () => a.kept.text('stdout').endsWith('half'));
  await endTree(a.pid);
  await until('the half line is delivered, as its container is lost', () => texts().includes('half'));
  first.kill('SIGKILL');
  await first.finished;
  // The next reporter sees these lines before it has found that container a is lost.
  const b = await startReadyJob(t, ['sh', '-c', 'echo ready; echo more; read go'], {
    root: job.root,
    name: 'b',
    stdin: 'pipe',
  });
  const second = await startWait(t, job);
  await until('the output of b is delivered', () => texts().includes('more\n'));
  b.process.stdin?.end('go\n');
  await second.finished;
  const report = await emissary(['report'], job);
  assert.equal(report.status, 0, report.stderr);
  assert.deepEqual(texts(), ['ready\n', 'half', 'ready\n', 'more\n']);
});
