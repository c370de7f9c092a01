import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { definitions } from '../fixtures/definitions.ts';
import { emissary } from '../helpers/emissary.ts';
import { temporaryVolume } from '../helpers/volume.ts';

interface Entry {
  readonly name: string;
}

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    labels: Record<string, string>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    volumes: Entry[];
    readonly containers: [Container, Container];
    readonly terminationGracePeriodSeconds: number;
  };
}

interface Container extends Entry {
  env: { readonly name: string; value: string }[];
  volumeMounts: Entry[];
}

/** Variables that tell the wrapper and the reporter that there is a launcher. */
const ofLauncher = [
  'PROGRESS_FILE',
  'EMISSARY_CAPTURE_ONLY',
  'EMISSARY_LOG_LIMIT_BYTES',
  'EMISSARY_HOLD_SECONDS',
];

const usual = { name: 'An application', executable: 'app', ociimage: 'app:1' };

for (const { what, definition, options = [], variables = '' } of definitions) {
  test(`launch sends the pod that manifest prints, for a definition with ${what}`, async (t) => {
    const cwd = temporaryVolume(t);
    writeFileSync(join(cwd, 'app.multiflexi.app.json'), JSON.stringify({ ...usual, ...definition }));
    writeFileSync(join(cwd, 'job.env'), variables);
    writeFileSync(join(cwd, 'report.env'), 'MULTIFLEXI_DATABASE_URL=mysql://u:hidden@h/m\n');
    const name = 'emissary-000000000000-job-42';
    const common = [
      ...options,
      ...['--job-id', '42', '--variables', 'job.env', '--report-variables', 'report.env'],
      ...['--grace', '7', '--cpus', '0.5', '--memory', '64m', '--user', '1000', '--service-account', 'robot'],
      'app.multiflexi.app.json',
    ];
    const [made, sent] = await Promise.all([
      printed(cwd, ['manifest', '--pod-name', name, ...common]),
      printed(cwd, [...launch(cwd), '--report', 'sidecar', ...common]),
    ]);
    assert.equal(made.status, 0, made.stderr);
    assert.deepEqual([sent.status, sent.stderr], [0, made.stderr]);
    assert.deepEqual(withoutLauncher(sent.objects, isStarted(made.objects)), made.objects);
    assert.ok(!existsSync(join(cwd, 'state')), 'nothing is made');
  });
}

test('launch --dry-run shows what stays hidden in Secrets alone, and escapes what Kubernetes would expand', async (t) => {
  const cwd = temporaryVolume(t);
  writeFileSync(join(cwd, 'job.env'), 'PLAIN=hidden\n');
  const args = [...launch(cwd), '--image', 'app:1', '--variables', 'job.env', '--', 'echo', '$(PLAIN) $5'];
  const { status, stderr, text, objects } = await printed(cwd, args);
  assert.deepEqual([status, stderr], [0, '']);
  assert.doesNotMatch(text, /hidden/);
  const [secret, pod] = objects;
  assert.deepEqual([secret?.kind, pod?.kind, objects.length], ['Secret', 'Pod', 2]);
  const [main, reporter] = pod?.spec.containers ?? [];
  assert.deepEqual((main as unknown as { command: string[] }).command.slice(3), ['echo', '$$(PLAIN) $$5']);
  assert.deepEqual((reporter as unknown as { args: string[] }).args, ['hold']);
});

test('a launch whose job has no secrets waits for an empty Secret, which starts it', async (t) => {
  const cwd = temporaryVolume(t);
  writeFileSync(join(cwd, 'app.json'), JSON.stringify(usual));
  const { objects } = await printed(cwd, [...launch(cwd), 'app.json']);
  assert.deepEqual(
    objects.map(({ kind, metadata }) => [kind, /-job$/.test(metadata.name)]),
    [
      ['Secret', true],
      ['Pod', false],
    ],
  );
  assert.deepEqual((objects[0] as unknown as { data: object }).data, {});
});

for (const [what, args, message] of [
  [
    'another engine',
    ['--engine', 'docker', '--dry-run', '--image', 'x', '--', 'true'],
    /^emissary: --dry-run prints a pod, and the engine docker has none/,
  ],
  [
    'a reporter in a container',
    ['--engine', 'docker', '--report', 'sidecar', '--image', 'x', '--', 'true'],
    /^emissary: --report: sidecar is for the engine kubernetes; use host/,
  ],
  [
    'a sidecar without a job ID',
    [
      '--engine',
      'kubernetes',
      '--dry-run',
      '--report',
      'sidecar',
      '--report-variables',
      'report.env',
      '--image',
      'x',
      '--',
      'true',
    ],
    /^emissary: MULTIFLEXI_JOB_ID is not set/,
  ],
] as const) {
  test(`launch refuses ${what}: 64, one sentence, nothing made`, async (t) => {
    const cwd = temporaryVolume(t);
    writeFileSync(join(cwd, 'report.env'), 'MULTIFLEXI_DATABASE_URL=mysql://u:hidden@h/m\n');
    const { status, stderr } = await printed(cwd, ['launch', '--state', join(cwd, 'state'), ...args]);
    assert.equal(status, 64);
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
    assert.ok(!existsSync(join(cwd, 'state')));
  });
}

test('launch refuses files too large for a Secret, and names their variable and the limit', async (t) => {
  const cwd = temporaryVolume(t);
  const file = join(cwd, 'large');
  writeFileSync(file, Buffer.alloc(600_000));
  writeFileSync(join(cwd, 'job.env'), `TABLE=${file}\n`);
  const environment = { TABLE: { type: 'file-path' } };
  writeFileSync(join(cwd, 'app.json'), JSON.stringify({ ...usual, environment }));
  const args = ['launch', '--engine', 'kubernetes', '--state', join(cwd, 'state'), '--variables', 'job.env'];
  const { status, stderr } = await printed(cwd, [...args, 'app.json']);
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: launch: TABLE: its file exceeds the 524288 bytes for all files in the Secret/,
  );
});

test('long and odd names become valid ones, told apart by a hash, and the name itself is kept', async (t) => {
  const odd = [
    'X'.repeat(200),
    `${'X'.repeat(199)}Y`,
    'Příliš žluťoučký kůň_úpěl-',
    'Prilis zlutoucky kun_upel-',
    '-_.',
    '統計',
    'ends_with_dash-',
  ];
  const found: { labels: string[]; names: string[] } = { labels: [], names: [] };
  for (const name of odd) {
    const cwd = temporaryVolume(t);
    writeFileSync(join(cwd, 'app.json'), JSON.stringify({ ...usual, name }));
    const made = (await printed(cwd, ['manifest', '--pod-name', name, 'app.json'])).objects.at(-1);
    const sent = (await printed(cwd, [...launch(cwd), 'app.json'])).objects.at(-1);
    for (const object of [made, sent]) {
      const label = object?.metadata.labels['app.kubernetes.io/name'] ?? '';
      assert.match(label, /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
      assert.match(object?.metadata.name ?? '', /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
      assert.equal(object?.metadata.annotations['eu.multiflexi.emissary.application'], name);
      found.labels.push(label);
    }
    found.names.push(made?.metadata.name ?? '');
  }
  assert.equal(new Set(found.labels).size, odd.length);
  assert.equal(new Set(found.names).size, odd.length);
  assert.match(found.names[2] ?? '', /^prilis-zlutoucky-kun-upel-[0-9a-f]{8}$/);
});

/** Whether the pod waits for a Secret that is for `init` or the job. */
function isStarted(objects: readonly KubernetesObject[]): boolean {
  return objects.some(({ kind, metadata }) => kind === 'Secret' && /-(init|job)$/.test(metadata.name));
}

/** What a launcher adds: its labels, variables, and the Secret that starts a job where nothing is secret. */
function withoutLauncher(objects: readonly KubernetesObject[], hasStart: boolean) {
  const isGate = (name: string) => !hasStart && /(^|-)job(-secrets)?$/.test(name);
  const kept = objects.filter(({ kind, metadata }) => kind === 'Pod' || !isGate(metadata.name));
  for (const { kind, metadata, spec } of kept) {
    const labels = Object.entries(metadata.labels);
    metadata.labels = Object.fromEntries(labels.filter(([label]) => !label.startsWith('eu.multiflexi.')));
    if (kind !== 'Pod') continue;
    spec.volumes = spec.volumes.filter(({ name }) => !isGate(name));
    // What is only held for a launcher ends with the job's grace; otherwise the reporter has all of the pod's.
    const [, { env: ofReporter }] = spec.containers;
    const grace = ofReporter.find(({ name }) => name === 'EMISSARY_GRACE_SECONDS') ?? assert.fail();
    assert.equal(grace.value, '7');
    grace.value = String(spec.terminationGracePeriodSeconds);
    for (const container of spec.containers) {
      container.env = container.env.filter(({ name }) => !ofLauncher.includes(name));
      container.volumeMounts = container.volumeMounts.filter(({ name }) => !isGate(name));
    }
  }
  return kept;
}

function launch(cwd: string): readonly string[] {
  return ['launch', '--engine', 'kubernetes', '--dry-run', '--state', join(cwd, 'state')];
}

async function printed(cwd: string, args: readonly string[]) {
  const { status, stdout, stderr } = await emissary(args, { cwd, env: { LANG: 'C.UTF-8' } });
  const text = stdout.toString();
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
  return { status, stderr, text, objects };
}
