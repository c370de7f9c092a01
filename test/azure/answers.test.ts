import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import type { Call } from '../helpers/azure/call.ts';
import { principalOf } from '../helpers/azure/principal.ts';
import { examine } from '../helpers/doctor.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const isGroup = ({ method, url }: Call) =>
  method !== 'DELETE' && /\/containerGroups\/[^/]+$/.test(url.pathname);
const isList = ({ url }: Call) => url.pathname.endsWith('/containerGroups');

/** What is no group, whoever has answered it. */
const noGroups = [
  { properties: { containers: [null] } },
  { properties: null },
  { properties: { containers: {} } },
  { properties: { containers: [{ name: 'main', properties: { instanceView: 'x' } }] } },
  [],
];

test('an answer that is no group is asked for again, while the group is made and while its job runs', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const broken: unknown[] = [...noGroups];
  let asked = 0;
  azure.faults.after = (call, reply) => {
    if (!isGroup(call) || reply.status >= 300) return reply;
    asked += 1;
    // The group is told rightly in between: else nothing would ever start.
    return asked % 2 === 1 && broken.length > 0 ? { status: 200, body: broken.shift() } : reply;
  };
  const script = `echo ready; until ${launcher.gate().isOpen}; do sleep 0.05; done; exit 31`;
  const running = launcher.startScript(script);
  await until('all of them were answered', () => broken.length === 0, 120_000);
  await launcher.gate().open();
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [31, 'ready\n'], stderr);
  assert.doesNotMatch(stderr, /Error|undefined|\n\s+at /);
  assert.equal(azure.asked.filter((each) => each.startsWith('PUT')).length, 1);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('events, tags and amounts of any shape do not disturb a job', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  launcher.azure.faults.after = (call, reply) => {
    if (!isGroup(call) || reply.status >= 300) return reply;
    const { properties, ...others } = reply.body as {
      properties: {
        instanceView: object;
        containers: { name: string; properties: { instanceView: object } }[];
      };
    };
    const events = [
      null,
      'x',
      7,
      {},
      { type: null, message: null },
      { message: {} },
      { name: [], type: 'Warning' },
    ];
    const containers = properties.containers.map(({ name, properties: own }) => ({
      name,
      properties: {
        ...own,
        resources: 'x',
        instanceView: own.instanceView && { ...own.instanceView, events },
      },
    }));
    const instanceView = { ...properties.instanceView, events };
    return {
      ...reply,
      body: { ...others, tags: 'x', properties: { ...properties, containers, instanceView } },
    };
  };
  const { status, stdout, stderr } = await launcher.script('echo runs; exit 32');
  assert.deepEqual([status, stdout.toString(), stderr], [32, 'runs\n', '']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a list that is none is told by list --clean in one sentence, and nothing is taken for gone', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const options = ['--job-id', '98', '--report', 'none', '--keep', 'always'];
  assert.equal((await launcher.script('exit 33', { options })).status, 33);
  // Only the list leads to it now.
  rmSync(join(launcher.state, 'jobs/job-98'), { recursive: true });
  const lists = [
    null,
    {},
    { value: {} },
    { value: [null] },
    { value: [{ name: 1 }] },
    { value: [], nextLink: 'https://[' },
  ];
  for (const body of lists) {
    launcher.azure.faults.before = (call) => (isList(call) ? { status: 200, body } : null);
    const { stderr } = await launcher.verb(['list', '--clean']);
    assert.match(
      stderr,
      /^emissary: azure: Azure cannot list the container groups: it [^\n]*\n$/,
      JSON.stringify(body),
    );
    assert.equal(launcher.azure.groups.size, 1);
  }
  launcher.azure.faults.before = () => null;
  await launcher.verb(['list', '--clean']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('doctor says what Azure answered without, and never how this program failed', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const bodies = [
    null,
    { value: [null] },
    { value: {} },
    { value: [{ actions: [null], capabilities: 1 }] },
    'a page',
  ];
  for (const body of bodies) {
    launcher.azure.faults.before = ({ url }) =>
      url.pathname.includes('/v2.0/') ? null : { status: 200, body };
    const { checks } = await examine(['--engine', 'azure'], launcher);
    const own = checks.filter(({ name }) => /^(resource group|provider|region)$/.test(name));
    for (const { name, status, found } of own) {
      assert.equal(status, 'failed', `${name}: ${JSON.stringify(body)}`);
      assert.match(found, /^it answered without the /);
    }
  }
});

test('a secret that is gone when it is needed again ends a launch with one sentence, and is not waited for', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const file = join(temporaryVolume(t), 'secret');
  writeFileSync(file, 'of the principal\n');
  const { AZURE_CLIENT_SECRET: _, ...ids } = principalOf(launcher);
  launcher.azure.faults.before = ({ method }) => {
    if (method !== 'PUT') return null;
    rmSync(file, { force: true });
    return {
      status: 401,
      body: { error: { code: 'ExpiredAuthenticationToken', message: 'It has expired.' } },
    };
  };
  const { status, stderr } = await launcher.script('echo never', {
    env: { ...ids, AZURE_CLIENT_SECRET_FILE: file },
  });
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: AZURE_CLIENT_SECRET_FILE: cannot read its file \(ENOENT[^\n]*\)$/m);
  assert.equal(launcher.azure.asked.filter((each) => each.startsWith('PUT')).length, 1);
});
