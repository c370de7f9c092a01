import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import type { Engine } from '../helpers/engine.ts';
import { exampleMachine } from '../helpers/example.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const examples = 'images/examples';

test('podman: the pod runs unchanged, and its rows are in the database', async (t) => {
  const machine = await exampleMachine(t, 'podman');
  if (machine === null) return;
  await playPod(machine.engine, join(examples, 'pod.yaml'));
  const { exitcode, begin, end, lines, artifacts } = await until('the job is reported', () =>
    machine.stored().end === null ? null : machine.stored(),
  );
  assert.equal(exitcode, 0);
  assert.ok(begin !== null && end !== null && begin <= end);
  assert.deepEqual(lines.map((line) => line.replace(/\d+ proc/, 'N proc')).sort(), [
    'stderr on N processors',
    'stdout reported as 1000',
  ]);
  assert.deepEqual(artifacts, ['processors', 'report.tgz']);
});

for (const [file, what] of [
  ['job.yaml', 'the pod of the Job'],
  ['native-sidecar.yaml', 'the pod with a native sidecar'],
] as const) {
  test(`podman: ${what} runs, in the form that podman 4 supports`, async (t) => {
    const machine = await exampleMachine(t, 'podman');
    if (machine === null) return;
    const pod = join(temporaryVolume(t), 'pod.yaml');
    writeFileSync(pod, stringify(asPlainPod(parse(readFileSync(join(examples, file), 'utf8')))));
    await playPod(machine.engine, pod);
    await until('the job is reported', () => machine.stored().end !== null);
    assert.equal(machine.stored().exitcode, 0);
  });
}

test('podman: the container set runs in order, and its helper is stopped', async (t) => {
  const machine = await exampleMachine(t, 'podman');
  if (machine === null) return;
  await playPod(machine.engine, join(examples, 'container-set.yaml'));
  await until('the job is reported', () => machine.stored().end !== null);
  const { exitcode, lines } = machine.stored();
  assert.equal(exitcode, 0);
  assert.deepEqual(
    lines.map((line) => line.replace(/\d+ lines/, 'N lines')),
    ['stdout fetched', 'stdout N lines counted'],
  );
  const running = () => machine.engine.run(['ps', '--quiet', '--filter', 'name=multiflexi-job-1-']);
  await until('no container runs', async () => (await running()).stdout === '');
});

for (const name of ['docker', 'podman'] as const) {
  test(`${name}: the three commands of docker-run.sh run, and give the job's exit code`, async (t) => {
    const machine = await exampleMachine(t, name);
    if (machine === null) return;
    const env = { ...machine.engine.env, ENGINE: name };
    const { exitCode, stdout } = await execa(join(examples, 'docker-run.sh'), { env, reject: false });
    assert.equal(exitCode, 3);
    assert.match(stdout, /^it runs on /m);
    assert.equal(machine.stored().exitcode, 3);
    assert.deepEqual(
      machine
        .stored()
        .lines.map((line) => line.split(' ')[0])
        .sort(),
      ['stderr', 'stdout'],
    );
  });
}

test('docker: the compose file runs unchanged', async (t) => {
  const machine = await exampleMachine(t, 'docker');
  if (machine === null || !requireProgram(t, 'docker-compose')) return;
  const compose = ['--project-name', `emissary-${process.pid}`, '--file', join(examples, 'compose.yaml')];
  try {
    const up = await execa('docker-compose', [...compose, 'up'], { reject: false, all: true });
    assert.equal(up.exitCode, 0, up.all);
  } finally {
    await execa('docker-compose', [...compose, 'down', '--volumes'], { reject: false });
  }
  const { exitcode, lines } = machine.stored();
  assert.equal(exitcode, 0);
  assert.deepEqual([...lines].sort(), ['stderr with care', 'stdout composed']);
});

async function playPod(engine: Engine, file: string): Promise<void> {
  const { exitCode, stderr } = await engine.run(['play', 'kube', '--network', 'none', file]);
  assert.equal(exitCode, 0, stderr);
}

interface PodSpec {
  readonly initContainers: readonly { readonly restartPolicy?: string }[];
  readonly containers: readonly unknown[];
}

/** The pod of a Job, with its native sidecars as containers: podman 4 supports neither. */
function asPlainPod(object: {
  readonly metadata: unknown;
  readonly spec: PodSpec | { readonly template: { readonly spec: PodSpec } };
}): unknown {
  const spec = 'template' in object.spec ? object.spec.template.spec : object.spec;
  const native = spec.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: object.metadata,
    spec: {
      ...spec,
      initContainers: spec.initContainers.filter((container) => !native.includes(container)),
      containers: [...spec.containers, ...native.map(({ restartPolicy: _, ...container }) => container)],
    },
  };
}
