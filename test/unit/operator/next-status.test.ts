import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JobResource, statusOfResource } from '../../../src/operator/job-resource.ts';
import { nextStatus } from '../../../src/operator/next-status.ts';

const metadata = { name: 'job', namespace: 'jobs', uid: 'u', resourceVersion: '1', generation: 1 };
const job: JobResource = { metadata, spec: {} };

test('the status of a job is bounded after a thousand steps with messages of 2 MB', () => {
  let status = statusOfResource(job);
  const message = `a\n\u0007${'long '.repeat(400_000)}`;
  for (let attempts = 1; attempts <= 1_000; attempts += 1)
    status = nextStatus(job, status, { phase: 'Queued', reason: 'JobFailed', message, attempts });
  assert.ok(Buffer.byteLength(JSON.stringify(status)) < 10_000);
  assert.match(status.message ?? '', /^a +long .*… \(shortened\)$/);
  const ended = nextStatus(job, status, { phase: 'Failed', reason: 'JobFailed', message: 'over' });
  assert.equal(ended.phaseHistory.at(-1)?.phase, 'Failed');
});

test('each step of a job is later than the one before, even if the clock is set back', () => {
  const status = statusOfResource(job);
  const future = '2999-01-01T00:00:00.000Z';
  const phaseHistory = [{ phase: 'Queued', reason: 'Accepted', attempt: 1, time: future }] as const;
  const change = { phase: 'Executing', reason: 'Executing', message: 'it runs' } as const;
  const next = nextStatus(job, { ...status, phaseHistory }, change);
  assert.equal(next.phaseHistory.at(-1)?.time, '2999-01-01T00:00:00.001Z');
});
