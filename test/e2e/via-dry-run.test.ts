import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { emissary } from '../helpers/emissary.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const own = ['launch', '--engine', 'kubernetes', '--via', 'operator', '--image', 'app:1'];

/** Runs `launch --dry-run` without a cluster. */
async function dryRun(cwd: string, options: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const args = [...own, '--state', `${cwd}/state`, '--dry-run', ...options, '--', 'echo', '$HOME'];
  const { status, stdout, stderr } = await emissary(args, { cwd, env });
  const objects = parseAllDocuments(stdout.toString()).map((document) => document.toJS());
  return { status, stderr, text: stdout.toString(), objects };
}

test('launch --via operator --dry-run prints the Secrets and the resource, with the options in their places', async (t) => {
  const given = ['--timeout', '60', '--grace', '5', '--keep', 'failed', '--user', '0', '--cpus', '2'];
  const more = ['--job-id', '3', '--reporter', 'native', '--service-account', 'robot', '--hold', '9'];
  const env = { MULTIFLEXI_DATABASE_URL: 'mysql://u:hidden@h/m' };
  const { status, stderr, objects } = await dryRun(temporaryVolume(t), [...given, ...more], env);
  assert.deepEqual([status, stderr], [0, '']);
  const [files, report, { spec, kind }] = objects;
  assert.deepEqual([files.kind, report.kind, kind, objects.length], ['Secret', 'Secret', 'EmissaryJob', 3]);
  assert.deepEqual(Object.keys(report.data), ['MULTIFLEXI_DATABASE_URL']);
  const { podTemplate, ...rest } = spec;
  assert.deepEqual(rest, {
    ...{ image: 'app:1', command: ['echo', '$HOME'], variables: [], user: '0', allowRoot: true },
    multiflexi: { jobId: 3, secretRef: { name: report.metadata.name }, report: 'Full', reporter: 'Native' },
    ...{ timeoutSeconds: 60, graceSeconds: 5, startTimeoutSeconds: 600, keepPod: 'OnFailure', suspend: true },
  });
  assert.equal(podTemplate.spec.serviceAccountName, 'robot');
  assert.deepEqual(podTemplate.spec.containers[0].resources, { limits: { cpu: '2' } });
  const [reporter] = podTemplate.spec.initContainers;
  assert.deepEqual(reporter.env, [{ name: 'EMISSARY_HOLD_SECONDS', value: '9' }]);
  assert.doesNotMatch(JSON.stringify(spec), /hidden/);
});

for (const [option, value] of [
  ['--pull', 'always'],
  ['--program', 'image'],
  ['--grace', '90000'],
] as const)
  test(`launch --via operator refuses ${option} ${value} in one sentence`, async (t) => {
    const { status, stderr } = await dryRun(temporaryVolume(t), [option, value]);
    assert.equal(status, 64);
    assert.match(stderr, new RegExp(`^emissary: ${option}.*; leave it out, or use --via pod\\n$`));
  });

test('launch refuses --via for another engine than Kubernetes', async () => {
  const { status, stderr } = await emissary(['launch', '--via', 'operator', '--', 'true']);
  assert.equal(status, 64);
  assert.match(stderr, /--via is for Kubernetes/);
});
