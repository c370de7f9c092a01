import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { emissary } from '../helpers/emissary.ts';
import { restrictedViolations } from '../helpers/pod-security.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** What the tests look at of an object. */
interface Made {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: PodSpec & { readonly podTemplate: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly volumes: readonly { readonly name: string; readonly secret?: SecretVolume }[];
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

interface SecretVolume {
  readonly secretName: string;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
  readonly defaultMode?: number;
  readonly optional?: boolean;
}

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

const application = {
  name: 'An application',
  executable: 'app',
  ociimage: 'app:1',
  artifacts: [{ name: 'Report', path: '/tmp/report.pdf' }],
};

/** Each names another Secret, but for two that share one. */
const template = {
  artifactRepository: { azure: { container: 'jobs', accountKeySecret: { name: 'azure', key: 'key' } } },
  inputs: {
    artifacts: [
      {
        name: 'rates',
        path: '/in/rates',
        s3: {
          bucket: 'in',
          key: 'rates',
          accessKeySecret: { name: 's3', key: 'access' },
          secretKeySecret: { name: 's3', key: 'secret' },
        },
      },
      {
        name: 'source',
        path: '/in/source',
        git: { repo: 'git@example.org:a/b', sshPrivateKeySecret: { name: 'git', key: 'id' } },
      },
    ],
  },
  outputs: {
    artifacts: [
      { name: 'Report', s3: { bucket: 'out', key: 'r.pdf', accessKeySecret: { name: 's3', key: 'writer' } } },
      {
        name: 'page',
        path: '/tmp/page',
        http: {
          url: 'https://files.example/page',
          auth: { basicAuth: { usernameSecret: { name: 'http', key: 'user', optional: true } } },
        },
      },
      { name: 'rest', path: '/tmp/rest' },
    ],
  },
};

/** Runs a verb on the application, with these files beside it. */
async function made(
  t: TestContext,
  args: readonly string[],
  {
    given = template as object,
    definition = application as object,
    files = {} as Readonly<Record<string, string>>,
    env = {} as Readonly<Record<string, string>>,
  } = {},
) {
  const cwd = temporaryVolume(t);
  writeFileSync(join(cwd, 'app.json'), JSON.stringify(definition));
  writeFileSync(join(cwd, 'template.json'), JSON.stringify(given));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  const all = [...args, '--template', 'template.json', 'app.json'];
  const { status, stdout, stderr } = await emissary(all, {
    cwd,
    env: { EMISSARY_STATE_DIR: join(cwd, 'state'), ...env },
  });
  const objects = parseAllDocuments(stdout.toString()).map((document) => document.toJS() as Made);
  return { status, stderr, text: stdout.toString(), objects };
}

const launch = ['launch', '--engine', 'kubernetes', '--dry-run'];

function specOf(objects: readonly Made[]): PodSpec {
  const { kind, spec } = objects.at(-1) ?? assert.fail('nothing is printed');
  return kind === 'EmissaryJob' ? spec.podTemplate.spec : spec;
}

function container({ initContainers = [], containers }: PodSpec, name: string): Container {
  return [...initContainers, ...containers].find((each) => each.name === name) ?? assert.fail(name);
}

/** The keys of Secrets that the template names, as a container finds them. */
function keysOf(spec: PodSpec, name: string): readonly string[] {
  return (container(spec, name).volumeMounts ?? []).flatMap((mount) => {
    const { secret } = spec.volumes.find((each) => each.name === mount.name) ?? assert.fail(mount.name);
    if (secret?.items === undefined) return [];
    assert.equal(mount.readOnly, true);
    assert.equal(mount.mountPath, `/argo/secret/${secret.secretName}`);
    assert.equal(secret.defaultMode, 0o444);
    return secret.items.map(({ key, path }) => {
      assert.equal(path, key);
      return `${secret.secretName}/${key}${secret.optional === true ? '?' : ''}`;
    });
  });
}

function textOf(objects: readonly Made[], role: string, key: string): string | null {
  const secret = objects.find(({ metadata }) => metadata.name.endsWith(`-${role}`));
  const data = secret?.data?.[key];
  return data === undefined ? null : Buffer.from(data, 'base64').toString();
}

const ofInputs = ['s3/access', 's3/secret', 'git/id'];
const ofOutputs = ['s3/writer', 'http/user?', 'azure/key'];

for (const [what, args] of [
  ['manifest', ['manifest']],
  ['manifest --program image', ['manifest', '--program', 'image']],
  ['manifest --kind pod --reporter native', ['manifest', '--reporter', 'native']],
  ['launch --report sidecar', [...launch, '--report', 'sidecar']],
  ['launch --via operator', [...launch, '--via', 'operator']],
] as const)
  test(`${what} mounts the Secrets that the template names: only those keys, and never for the job`, async (t) => {
    const { status, stderr, objects } = await made(t, args);
    assert.deepEqual([status, stderr], [0, '']);
    const spec = specOf(objects);
    assert.deepEqual(keysOf(spec, 'install'), ofInputs);
    assert.deepEqual(keysOf(spec, 'reporter'), ofOutputs);
    assert.deepEqual(keysOf(spec, 'main'), []);
    const main = container(spec, 'main');
    assert.doesNotMatch(JSON.stringify([main.command, main.env]), /template/i);
    const given = container(spec, 'reporter').args ?? [];
    assert.equal(given.at(-2), '--template');
    assert.match(given.at(-1) ?? '', /^\/var\/run\/secrets\/multiflexi\/(init|launch)\/template\.json$/);
    if (objects.at(-1)?.kind === 'Pod') assert.deepEqual(restrictedViolations(spec), []);
  });

test('the image with the program is enough for inputs without credentials, and init fetches all others', async (t) => {
  const args = ['manifest', '--program', 'image'];
  const needed = await made(t, args);
  const spec = specOf(needed.objects);
  const { args: given = [], volumeMounts = [] } = container(spec, 'install');
  assert.deepEqual(given.slice(0, 2), ['init', '--without-program']);
  assert.ok(!volumeMounts.some(({ name }) => name === 'emissary-program'));
  const plain = {
    inputs: {
      artifacts: [
        { name: 'a', path: '/in/a', http: { url: 'https://files.example/a' } },
        { name: 'b', path: '/in/b', raw: { data: 'b' } },
      ],
    },
  };
  const { objects } = await made(t, args, { given: plain });
  assert.equal(specOf(objects).initContainers, undefined);
  assert.ok(container(specOf(objects), 'main').command?.includes('--template'));
});

test('with launch --report host, the pod puts nothing: only init mounts Secrets', async (t) => {
  for (const via of ['pod', 'operator']) {
    const args = [...launch, '--via', via, '--report', 'host', '--results', 'results', '--job-id', '1'];
    const { status, stderr, objects } = await made(t, args);
    assert.deepEqual([status, stderr], [0, '']);
    const spec = specOf(objects);
    assert.deepEqual(keysOf(spec, 'install'), ofInputs);
    assert.deepEqual([...keysOf(spec, 'reporter'), ...keysOf(spec, 'main')], []);
    assert.doesNotMatch(JSON.stringify(container(spec, 'reporter').args ?? []), /template/);
  }
});

const variables = {
  AWS_ACCESS_KEY_ID: 'hidden-access',
  AWS_SECRET_ACCESS_KEY: 'hidden-secret',
  AWS_PROFILE: 'of-this-host',
  AWS_CA_BUNDLE: '/of/this/host.pem',
  STORAGE_EMULATOR_HOST: 'http://emulator.example:4443',
  AZURE_STORAGE_KEY_FILE: 'azure.key',
  EMISSARY_HTTP_TOKEN_FILE: '/only/in/the/pod',
  EMISSARY_STORE_CA_FILE: 'ca.pem',
};
const files = {
  'azure.key': 'hidden-azure\n',
  'ca.pem': 'the authority\n',
  'report.env': Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join(''),
};
const inPod = {
  STORAGE_EMULATOR_HOST: 'http://emulator.example:4443',
  AWS_ACCESS_KEY_ID: 'hidden-access',
  AWS_SECRET_ACCESS_KEY: 'hidden-secret',
  AZURE_STORAGE_KEY: 'hidden-azure',
  EMISSARY_HTTP_TOKEN_FILE: '/only/in/the/pod',
  EMISSARY_STORE_CA_FILE: '/var/run/secrets/multiflexi/stores/store-ca.pem',
};

for (const [what, args, env] of [
  ['manifest', ['manifest', '--report-variables', 'report.env'], {}],
  ['launch --report sidecar', [...launch, '--report', 'sidecar'], variables],
  ['launch --via operator', [...launch, '--via', 'operator'], variables],
] as const)
  test(`${what} gives the variables of stores to init and to the reporter, in Secrets, with the authority's file`, async (t) => {
    const { status, stderr, text, objects } = await made(t, args, { files, env });
    assert.deepEqual([status, stderr], [0, '']);
    assert.doesNotMatch(text, /hidden/);
    assert.deepEqual(JSON.parse(textOf(objects, 'stores', 'variables.json') ?? 'null'), inPod);
    assert.equal(textOf(objects, 'stores', 'store-ca.pem'), 'the authority\n');
    const whole = textOf(objects, 'report', 'variables.json');
    const report =
      whole === null
        ? Object.fromEntries(Object.keys(inPod).map((name) => [name, textOf(objects, 'report', name)]))
        : JSON.parse(whole);
    const { AWS_PROFILE: _, AWS_CA_BUNDLE: _bundle, ...others } = report;
    assert.deepEqual(others, inPod);
    const spec = specOf(objects);
    const [directory] = /^.*(?=\/[^/]+$)/.exec(inPod.EMISSARY_STORE_CA_FILE) ?? [];
    for (const name of ['install', 'reporter'])
      assert.ok(
        container(spec, name).volumeMounts?.some(({ mountPath }) => mountPath === directory),
        name,
      );
    const main = JSON.stringify(container(spec, 'main'));
    assert.doesNotMatch(main, /stores|report|hidden/);
  });

test('a launch whose template has no stores has none of their variables in the cluster, but for an object store of results', async (t) => {
  const given = { outputs: { artifacts: [{ name: 'a', path: '/tmp/a' }] } };
  const args = [...launch, '--report', 'sidecar', '--job-id', '1'];
  const without = await made(t, args, { given, files, env: variables });
  assert.deepEqual([without.status, textOf(without.objects, 'stores', 'store-ca.pem')], [0, null]);
  assert.doesNotMatch(JSON.stringify(without.objects.map(({ data }) => data)), /report/);
  assert.equal(textOf(without.objects, 'report', 'variables.json'), null);
  const env = { ...variables, EMISSARY_RESULTS_URL: 's3://results', EMISSARY_RESULTS_KEY: '{job}/{path}' };
  const { objects } = await made(t, args, { given, files, env });
  assert.deepEqual(JSON.parse(textOf(objects, 'report', 'variables.json') ?? 'null'), {
    ...inPod,
    EMISSARY_RESULTS_URL: 's3://results',
    EMISSARY_RESULTS_KEY: '{job}/{path}',
  });
  assert.equal(textOf(objects, 'stores', 'variables.json'), null);
  assert.equal(textOf(objects, 'stores', 'store-ca.pem'), 'the authority\n');
  assert.ok(
    !container(specOf(objects), 'install').volumeMounts?.some(({ name }) => name.startsWith('store')),
  );
});

test('a template is added to that of the application: an artifact of the same name gets its destination', async (t) => {
  const { objects } = await made(t, ['manifest']);
  const { outputs, inputs, artifactRepository } = JSON.parse(textOf(objects, 'init', 'template.json') ?? '');
  assert.deepEqual(outputs.artifacts[0], {
    ...{ name: 'Report', path: '/tmp/report.pdf', optional: true },
    s3: template.outputs.artifacts[0]?.s3,
  });
  assert.deepEqual(
    [outputs.artifacts.length, inputs, artifactRepository],
    [3, template.inputs, template.artifactRepository],
  );
});

test('a launch of an application has its template from EMISSARY_TEMPLATE_FILE, too', async (t) => {
  const cwd = temporaryVolume(t);
  writeFileSync(join(cwd, 'app.json'), JSON.stringify(application));
  writeFileSync(join(cwd, 'stores.json'), JSON.stringify(template));
  const env = { EMISSARY_STATE_DIR: join(cwd, 'state'), EMISSARY_TEMPLATE_FILE: 'stores.json' };
  const { status, stdout, stderr } = await emissary([...launch, 'app.json'], { cwd, env });
  assert.equal(status, 0, stderr);
  const objects = parseAllDocuments(stdout.toString()).map((document) => document.toJS() as Made);
  assert.deepEqual(keysOf(specOf(objects), 'install'), ofInputs);
});

for (const what of [['app.json'], ['--image', 'app:1', '--', 'app']])
  test(`launch reads the template of ${what.at(-1)} from standard input`, async (t) => {
    const cwd = temporaryVolume(t);
    writeFileSync(join(cwd, 'app.json'), JSON.stringify(application));
    const env = { EMISSARY_STATE_DIR: join(cwd, 'state') };
    const { inputs } = template;
    const args = [...launch, '--template', '-', ...what];
    const { status, stdout, stderr } = await emissary(args, { cwd, env, stdin: JSON.stringify({ inputs }) });
    assert.equal(status, 0, stderr);
    const objects = parseAllDocuments(stdout.toString()).map((document) => document.toJS() as Made);
    assert.deepEqual(keysOf(specOf(objects), 'install'), ofInputs);
  });

test('manifest refuses a template that is none, and one that is invalid with the application, in one sentence', async (t) => {
  const list = await made(t, ['manifest'], { given: [] });
  assert.deepEqual([list.status, list.text], [64, '']);
  assert.match(list.stderr, /^emissary: Cannot read template template\.json: it is not a JSON object\n$/);
  const invalid = await made(t, ['manifest'], { given: { outputs: { artifacts: [{ name: 'other' }] } } });
  assert.deepEqual([invalid.status, invalid.text], [64, '']);
  assert.match(
    invalid.stderr,
    /^emissary: Invalid template template\.json: outputs\.artifacts\[1\]\.path: .*\n$/,
  );
});
