import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { emissary } from '../helpers/emissary.ts';
import { oddValues } from '../helpers/odd-values.ts';
import { restrictedViolations } from '../helpers/pod-security.ts';
import { seeded } from '../helpers/seeded.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const sample = 'images/licence-audit/licence-audit.multiflexi.app.json';
const smallest = { name: 'Small', executable: 'small', ociimage: 'small:1' };

/** Runs `manifest` on this definition, with these files next to it. */
async function manifest(
  t: TestContext,
  definition: unknown,
  args: readonly string[] = [],
  files: Readonly<Record<string, string | Uint8Array>> = {},
) {
  const cwd = temporaryVolume(t);
  const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
  writeFileSync(join(cwd, 'app.json'), text);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  const { status, stdout, stderr } = await emissary(['manifest', ...args, 'app.json'], { cwd });
  const objects = parseAllDocuments(stdout.toString(), { version: '1.1' }).map((document) => document.toJS());
  return { status, stderr, text: stdout.toString(), objects, pod: objects.at(-1) };
}

const variablesOf = (secret: { data: Record<string, string> }) =>
  JSON.parse(Buffer.from(secret.data['variables.json'] ?? '', 'base64').toString());
const environmentOf = (container: { env: { name: string; value: string }[] }) =>
  Object.fromEntries(container.env.map(({ name, value }) => [name, value]));

test('manifest prints the pod of the sample application', async (t) => {
  const args = ['--job-id', '42', '--timeout', '600', '--grace', '20', '--claim', 'kept:/kept'];
  const { status, stderr, objects, pod } = await manifest(t, readFileSync(sample, 'utf8'), args);
  assert.deepEqual([status, stderr, objects.length], [0, '', 1]);
  assert.equal(pod.kind, 'Pod');
  assert.equal(pod.metadata.name, 'multiflexi-job-42');
  assert.deepEqual(restrictedViolations(pod.spec), []);
  const [main, reporter] = pod.spec.containers;
  assert.deepEqual([main.name, reporter.name], ['main', 'reporter']);
  assert.equal(main.image, 'multiflexi/licence-audit:0.1.0');
  assert.deepEqual(main.command, [
    ...['/var/run/argo/emissary', 'run', '--', 'licence-audit'],
    ...['--lock', 'package-lock.json', '--output', '/tmp/licence-audit'],
  ]);
  assert.equal(environmentOf(main)['MULTIFLEXI_JOB_ID'], '42');
  assert.deepEqual(reporter.args, ['wait']);
  assert.deepEqual(reporter.volumeMounts.at(-1), { name: 'kept', mountPath: '/kept' });
  const spool = reporter.volumeMounts.find(({ name }: { name: string }) => name === 'emissary-spool');
  assert.equal(environmentOf(reporter)['EMISSARY_SPOOL_DIR'], spool.mountPath);
  assert.deepEqual(
    pod.spec.volumes.find(({ name }: { name: string }) => name === 'emissary-spool'),
    { name: 'emissary-spool', emptyDir: {} },
  );
  assert.ok(!JSON.stringify([main, pod.spec.initContainers]).includes('spool'));
  const template = JSON.parse(environmentOf(pod.spec.initContainers[0])['EMISSARY_TEMPLATE'] ?? '');
  assert.equal(template.multiflexi.resultFile, '/tmp/licence-audit.json');
  assert.ok(template.multiflexi.artifactPatterns.includes('licences.csv'));
});

test("manifest derives the pod's times from the job's", async (t) => {
  const { pod } = await manifest(t, smallest, ['--timeout', '100', '--grace', '7']);
  const { terminationGracePeriodSeconds: grace, activeDeadlineSeconds: deadline } = pod.spec;
  const [main, reporter] = pod.spec.containers.map(environmentOf);
  assert.deepEqual([main.EMISSARY_TIMEOUT_SECONDS, main.EMISSARY_GRACE_SECONDS], ['100', '7']);
  assert.equal(reporter.EMISSARY_GRACE_SECONDS, String(grace), 'the kubelet gives it as much as the pod');
  assert.ok(grace > 7, 'the report has time after the job was stopped');
  assert.ok(
    deadline >= Number(reporter.EMISSARY_TIMEOUT_SECONDS) + grace,
    'and within the deadline of the pod',
  );
  const without = await manifest(t, smallest);
  assert.equal(without.pod.spec.activeDeadlineSeconds, undefined);
});

test('manifest keeps every secret out of the pod', async (t) => {
  const definition = { ...smallest, environment: { MAIL: { type: 'password' }, PLAIN: { type: 'string' } } };
  const files = {
    'job.env': 'MAIL=hidden-by-type\nDB_PASSWORD="hidden by \\"name\\""\nPLAIN=shown\nODD=$(PLAIN)\n',
    'report.env': 'MULTIFLEXI_DATABASE_URL=mysql://u:hidden-from-the-job@h/m\n',
  };
  const args = ['--variables', 'job.env', '--report-variables', 'report.env'];
  const { status, text, objects, pod } = await manifest(t, definition, args, files);
  assert.equal(status, 0);
  assert.ok(!text.includes('hidden'));
  const [job, report] = objects;
  assert.deepEqual(variablesOf(job), {
    MAIL: 'hidden-by-type',
    DB_PASSWORD: 'hidden by "name"',
    ODD: '$(PLAIN)',
  });
  assert.deepEqual(Object.keys(variablesOf(report)), ['MULTIFLEXI_DATABASE_URL']);
  const [main, reporter] = pod.spec.containers;
  assert.equal(environmentOf(main)['PLAIN'], 'shown');
  assert.match(environmentOf(main)['EMISSARY_MASK_ENV'] ?? '', /,MAIL$/);
  const mounted = (container: { volumeMounts: { name: string }[] }) =>
    container.volumeMounts.map(({ name }) => name);
  assert.deepEqual(mounted(main), ['emissary', 'job-secrets']);
  assert.deepEqual(mounted(reporter), ['emissary', 'emissary-spool', 'report-secrets']);
});

test('manifest splits cmdparams into arguments, and never splits a value', async (t) => {
  const cmdparams = `--file \${FILE} "two words" 'a "b"' pre\${FILE}post "\\"q\\"" ''`;
  const environment = { FILE: { type: 'string', defval: "it's a" } };
  const { pod } = await manifest(t, { ...smallest, cmdparams, environment });
  const args = ['--file', "it's a", 'two words', 'a "b"', "preit's apost", '"q"', ''];
  assert.deepEqual(pod.spec.containers[0].command.slice(4), args);
});

test('manifest puts arguments into the Secret that are secret or that Kubernetes would expand', async (t) => {
  const environment = { KEY: { type: 'password', defval: 'hidden' } };
  for (const [cmdparams, args] of [
    ['--key=${KEY} x', ['--key=hidden', 'x']],
    ["-c 'echo $$ $(id)'", ['-c', 'echo $$ $(id)']],
  ] as const) {
    const { text, objects, pod } = await manifest(t, { ...smallest, cmdparams, environment });
    assert.ok(!text.includes('hidden'));
    const [main] = pod.spec.containers;
    assert.deepEqual(main.command.slice(3), ['small']);
    assert.equal(environmentOf(main)['EMISSARY_ARGS_FILE'], '/var/run/secrets/multiflexi/job/arguments.json');
    assert.deepEqual(JSON.parse(Buffer.from(objects[0].data['arguments.json'], 'base64').toString()), args);
  }
});

test('manifest prints YAML that preserves any value', async (t) => {
  const { seed } = seeded(t);
  const text = fc
    .oneof(
      fc.constantFrom(...oddValues),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...' \n\t:#-\'"$({[&*!|>%@`,?~\\=0e.x') }),
    )
    .map((value) => value.replaceAll('\0', ''))
    .filter((value) => value !== '');
  const property = fc.asyncProperty(fc.array(text, { minLength: 30, maxLength: 30 }), async (values) => {
    const entries = values.map((defval, index) => [`V${index}`, { type: 'string', defval }] as const);
    const cmdparams = values.map((_, index) => `\${V${index}}`).join(' ');
    const definition = { ...smallest, environment: Object.fromEntries(entries), cmdparams };
    const { status, stderr, text: printed } = await manifest(t, definition);
    assert.deepEqual([status, stderr], [0, '']);
    for (const version of ['1.1', '1.2'] as const) {
      const objects = parseAllDocuments(printed, { version }).map((document) => document.toJS());
      const [main] = objects.at(-1).spec.containers;
      const secret = objects.length > 1 ? variablesOf(objects[0]) : {};
      const found = { ...environmentOf(main), ...secret };
      assert.deepEqual(
        values.map((_, index) => found[`V${index}`]),
        values,
      );
      const plain = objects.length === 1 || objects[0].data['arguments.json'] === undefined;
      const args = plain
        ? main.command.slice(4)
        : JSON.parse(Buffer.from(objects[0].data['arguments.json'], 'base64').toString());
      assert.deepEqual(args, values);
    }
  });
  await fc.assert(property, { seed, numRuns: 25 });
});

test('manifest escapes a pattern with $( so that Kubernetes does not expand it', async (t) => {
  const artifacts = [{ name: 'a', path: '(x$$(y)?|z$)', type: 'file' }];
  const { pod } = await manifest(t, { ...smallest, artifacts });
  const template = environmentOf(pod.spec.initContainers[0])['EMISSARY_TEMPLATE'] ?? '';
  assert.doesNotMatch(template, /\$[$(]/);
  assert.deepEqual(JSON.parse(template).multiflexi.artifactPatterns, ['(x$$(y)?|z$)']);
});

test('manifest prints a Job with the same pod', async (t) => {
  const { pod: job } = await manifest(t, smallest, ['--kind', 'job', '--user', '1000', '--image', 'other:2']);
  assert.deepEqual([job.apiVersion, job.kind, job.spec.backoffLimit], ['batch/v1', 'Job', 0]);
  const { spec } = job.spec.template;
  assert.deepEqual(restrictedViolations(spec), []);
  assert.deepEqual(
    [spec.containers[0].image, spec.containers[0].securityContext.runAsUser],
    ['other:2', 1000],
  );
});

const badDefinitions: readonly [what: string, definition: unknown, message: RegExp][] = [
  ['no JSON', '{', /^emissary: Cannot read the application definition: not valid JSON/],
  ['a list', [], /^emissary: Invalid application definition: \(the document\): /],
  ['missing fields', {}, /: name: .*; executable: must be a text/],
  [
    'several wrong fields',
    {
      ...smallest,
      executable: 5,
      environment: { X: { type: 'secret' } },
      artifacts: [{ name: 'a', type: 'file' }],
    },
    /executable: must be a text; environment\.X\.type: must be one of .*; artifacts\.0\.path: must be a text/,
  ],
  [
    'entries of the wrong kind',
    { ...smallest, environment: { X: 5, 'a=b': {} }, artifacts: [5], kubernetes: 'x', produces: 'x' },
    /environment\.X: must be an object.*environment\.a=b: must have a name of .*artifacts\.0: must be an object.*produces: .*kubernetes: must be an object/,
  ],
  [
    'a default that is no value',
    { ...smallest, environment: { X: { defval: {} }, Y: { defval: 'a\0b' } } },
    /environment\.X\.defval: must be a text, a number, true or false; environment\.Y\.defval: /,
  ],
  ['an executable that Kubernetes would change', { ...smallest, executable: '$(X)' }, /executable: must not/],
  ['no object', '"x"', /\(the document\): must be an object/],
  ['no image', { ...smallest, ociimage: '' }, /has no ociimage; set one with --image/],
  [
    'values that do not fit',
    { ...smallest, environment: { A: { type: 'integer', defval: 'x' }, B: { required: true } } },
    /: A is not of the type integer; B is required and has no value/,
  ],
  ['an open quote', { ...smallest, cmdparams: '"a' }, /cmdparams: unclosed quote \("\)/],
];
for (const [what, definition, message] of badDefinitions) {
  test(`manifest rejects a definition with ${what}: exit 64, one message, no output`, async (t) => {
    const { status, stderr, text } = await manifest(t, definition);
    assert.deepEqual([status, text], [64, '']);
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
  });
}

test('manifest rejects invalid options and environment files by name', async (t) => {
  const cases: [args: string[], message: string][] = [
    [['--kind', 'cron'], '--kind is neither pod nor job'],
    [['--image', 'a b'], '--image is not an image (name:tag)'],
    [['--emissary-image', ''], '--emissary-image is not an image (name:tag)'],
    [['--claim', 'x'], '--claim is not of the form NAME:/PATH'],
    [['--pod-name', ''], '--pod-name is empty'],
    [['--claim', 'x:/var/run/argo/'], '--claim: its path is that of the shared volume'],
    [['--claim', 'x:/'], '--claim is not of the form NAME:/PATH'],
    [['--root', '/'], '--root: no volume can be mounted there'],
    [['--user', '0'], '--user is not the user ID of a user other than root'],
    [['--job-id', 'x'], '--job-id is not a job ID'],
    [
      ['--variables', 'bad.env'],
      'Invalid environment file of --variables: line 2 is not of the form NAME=value',
    ],
    [['--root', '/a;b'], '--root: no volume can be mounted there'],
    [['--variables', 'latin.env'], 'Invalid environment file of --variables: line 1 is not UTF-8 text'],
    [
      ['--variables', 'nul.env'],
      'Invalid environment file of --variables: line 1 is not UTF-8 text, or holds a NUL',
    ],
    [['--variables', 'name.env'], 'manifest: EMISSARY_CONTAINER_NAME cannot be set for the job'],
    [['--variables', '/dev/zero'], 'Cannot read the file of --variables: it is not a regular file'],
    [['--variables', 'none.env'], 'Cannot read the file of --variables: ENOENT'],
  ];
  for (const [args, message] of cases) {
    const { status, stderr } = await manifest(t, smallest, args, {
      'bad.env': 'A=1\nsecret stuff\n',
      'latin.env': Buffer.from('A=stuff\xe9\n', 'latin1'),
      'nul.env': 'A=stuff\0\n',
      'name.env': 'EMISSARY_CONTAINER_NAME=other\n',
    });
    assert.equal(status, 64);
    assert.ok(stderr.startsWith(`emissary: ${message}`), stderr);
    assert.ok(!stderr.includes('stuff'));
  }
});

test('every pod of the examples complies with the restricted Pod Security Standard', () => {
  const files = globSync('images/examples/*.yaml').filter((file) => !file.endsWith('compose.yaml'));
  assert.ok(files.length >= 4);
  for (const file of files) {
    const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS());
    const { spec } = documents.find(({ kind }) => kind === 'Pod' || kind === 'Job') ?? assert.fail(file);
    assert.deepEqual(restrictedViolations(spec.template?.spec ?? spec), [], file);
  }
});

test('the Pod Security check detects violations', () => {
  const bare = { containers: [{ name: 'main' }], volumes: [{ name: 'v', hostPath: {} }], hostNetwork: true };
  assert.equal(restrictedViolations(bare).length, 6);
});

test('manifest --program image mounts the program, and gives the template to the job and to the reporter', async (t) => {
  const definition = {
    ...smallest,
    environment: { KEY: { type: 'password', defval: 'secret' } },
    artifacts: [{ name: 'out', path: '/out/{KEY}' }],
  };
  const { status, stderr, pod } = await manifest(t, definition, ['--program', 'image']);
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(pod.spec.initContainers, undefined);
  assert.deepEqual(restrictedViolations(pod.spec), []);
  const volume = pod.spec.volumes.find(({ image }: { image?: object }) => image !== undefined);
  assert.match(volume.image.reference, /^multiflexi-emissary:/);
  const [main, reporter] = pod.spec.containers;
  const file = '/var/run/secrets/multiflexi/init/template.json';
  assert.deepEqual(main.command, [
    ...['/run/multiflexi-emissary/emissary', 'run', '--template', file, '--', 'small'],
  ]);
  assert.deepEqual(reporter.args, ['wait', '--template', file]);
  for (const { volumeMounts } of [main, reporter]) {
    const names = volumeMounts.map(({ name }: { name: string }) => name);
    assert.ok(names.includes('init-secrets'), String(names));
  }
  assert.ok(main.volumeMounts.some(({ name }: { name: string }) => name === volume.name));
  const plain = await manifest(t, smallest, ['--program', 'image']);
  for (const container of plain.pod.spec.containers)
    assert.ok(environmentOf(container)['EMISSARY_TEMPLATE'] !== undefined, container.name);
  const wrong = await manifest(t, smallest, ['--program', 'other']);
  assert.deepEqual([wrong.status, wrong.stderr], [64, 'emissary: --program must be copy or image\n']);
});
