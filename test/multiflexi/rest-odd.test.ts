import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startReadyJob } from '../helpers/job.ts';
import { reportOverRest, restJob } from '../helpers/rest-job.ts';
import { startWait } from '../helpers/sidecar.ts';
import { until } from '../helpers/until.ts';

const foreign: Readonly<Record<string, string>> = {
  'a login page': '<html><body>Please log in</body></html>',
  'nothing at all': '',
  'JSON that is cut off': '{"id":7,"exitco',
  'the row of another job': '{"id":8,"exitcode":null}',
  'an empty list': '[]',
};
for (const [what, body] of Object.entries(foreign)) {
  test(`REST: a 200 with ${what} is no success`, async (t) => {
    const job = await restJob(
      t,
      'A',
      Array.from({ length: 20 }, () => ({ status: 200, body })),
    );
    const { status, stderr } = await reportOverRest(t, job);
    assert.equal(status, 64);
    assert.match(stderr, /answered, but not with the row of job 7; check the path of MULTIFLEXI_API_URL\n/);
    assert.ok(job.server.requests.length <= 2);
    assert.equal(
      job.server.requests.find(({ body: sent }) => sent?.['exitcode'] !== undefined),
      undefined,
    );
  });
}

test('REST: a 200 that shows another exit code than the one that was sent is no success', async (t) => {
  const old = { status: 200, body: '{"id":7,"app_id":1,"begin":null,"end":null,"exitcode":null}' };
  const job = await restJob(
    t,
    'A',
    Array.from({ length: 20 }, () => old),
  );
  const { status, stderr } = await reportOverRest(t, job);
  assert.equal(status, 64);
  assert.match(stderr, /answered, but job 7 is not what was sent/);
});

for (const wanted of ['9999999', 'Fri, 31 Dec 9999 23:59:59 GMT']) {
  test(`REST: a 429 with Retry-After: ${wanted} is no reason to ask without a pause`, async (t) => {
    const trouble = { status: 429, headers: { 'Retry-After': wanted } };
    const job = await restJob(
      t,
      'A',
      Array.from({ length: 50 }, () => trouble),
    );
    const sidecar = await startWait(t, { root: job.root, env: job.rest });
    const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go'], {
      root: job.root,
      stdin: 'pipe',
    });
    await until('it was refused', () => sidecar.stderr().includes('asks to be left alone'));
    running.process.stdin?.end('go\n');
    const { status, stderr } = await sidecar.finished;
    assert.equal(status, 64);
    assert.ok(!stderr.includes('Warning'), stderr);
    assert.ok(job.server.requests.length <= 3);
  });
}
