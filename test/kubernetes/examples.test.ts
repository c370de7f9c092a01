import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExampleCluster, exampleCluster } from '../helpers/cluster-example.ts';

test('kubernetes: the pod runs unchanged, and its rows are in the database', async (t) => {
  const example = await exampleCluster(t);
  if (example === null) return;
  await example.apply('pod.yaml');
  assert.deepEqual(await example.endedPod(), {
    phase: 'Succeeded',
    exitCodes: { install: 0, main: 0, reporter: 0 },
  });
  assertStored(example);
});

test('kubernetes: the Job runs unchanged, and is complete', async (t) => {
  const example = await exampleCluster(t);
  if (example === null) return;
  await example.apply('job.yaml');
  const complete = ['wait', 'job/multiflexi-job-1', '--for=condition=Complete', '--timeout=120s'];
  const { exitCode, stderr } = await example.cluster.kubectl(['--namespace', example.namespace, ...complete]);
  assert.equal(exitCode, 0, stderr);
  assertStored(example);
});

test('kubernetes: the pod with a native sidecar runs unchanged, and the sidecar has reported the job', async (t) => {
  const example = await exampleCluster(t);
  if (example === null) return;
  await example.apply('native-sidecar.yaml');
  assert.deepEqual(await example.endedPod(), {
    phase: 'Succeeded',
    exitCodes: { install: 0, main: 0, reporter: 0 },
  });
  assertStored(example);
});

test('kubernetes: the container set runs in order, and its helper is stopped', async (t) => {
  const example = await exampleCluster(t);
  if (example === null) return;
  await example.apply('container-set.yaml');
  const { exitCodes } = await example.endedPod();
  const { helper, ...others } = exitCodes;
  assert.deepEqual(others, { install: 0, fetch: 0, count: 0, reporter: 0 });
  // 143: it was stopped before its shell had set the trap.
  assert.ok(helper === 0 || helper === 143, `the helper exited with ${helper}`);
  const { exitcode, lines } = example.stored();
  assert.equal(exitcode, 0);
  assert.deepEqual(
    lines.map((line) => line.replace(/\d+ lines/, 'N lines')),
    ['stdout fetched', 'stdout N lines counted'],
  );
});

/** The rows of the job that three of the examples run. */
function assertStored(example: ExampleCluster): void {
  const { exitcode, begin, end, lines, artifacts } = example.stored();
  assert.equal(exitcode, 0);
  assert.ok(begin !== null && end !== null && begin <= end);
  assert.deepEqual(lines.map((line) => line.replace(/\d+ proc/, 'N proc')).sort(), [
    'stderr on N processors',
    'stdout reported as 1000',
  ]);
  assert.deepEqual(artifacts, ['processors', 'report.tgz']);
}
