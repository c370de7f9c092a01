import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { refused } from '../helpers/azure/call.ts';
import { allLines, cutConnections, numberedLines } from '../helpers/cut-connections.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** All values of a byte, again and again: 16 MiB. */
const everyByte = Buffer.alloc(16 * 2 ** 20, Buffer.from(Array.from({ length: 256 }, (_, value) => value)));
const writeEveryByte =
  'i=0; while [ $i -lt 256 ]; do printf "\\\\$(printf %03o $i)"; i=$((i+1)); done > /tmp/a; ' +
  'for n in 1 2 3 4; do for m in 1 2 3 4; do cat /tmp/a /tmp/a > /tmp/b; cat /tmp/b > /tmp/a; done; done';

test('A1: an exec of one program in a terminal brings 16 MiB of all byte values exactly, as output and as a file', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const place = temporaryVolume(t);
  const template = join(place, 'template.json');
  const artifact = { name: 'bytes', path: '/tmp/a', archive: { none: {} } };
  writeFileSync(template, JSON.stringify({ outputs: { artifacts: [artifact] } }));
  const options = ['--template', template, '--collect', join(place, 'collected')];
  const { status, stdout, stderr } = await launcher.script(`${writeEveryByte}; cat /tmp/a; exit 8`, {
    options,
  });
  assert.equal(status, 8, stderr);
  assert.deepEqual([stdout.length, hash(stdout)], [everyByte.length, hash(everyByte)]);
  const file = readFileSync(join(place, 'collected/a'));
  assert.deepEqual([file.length, hash(file)], [everyByte.length, hash(everyByte)]);
});

test('A1: connections that are cut are resumed: each byte and each row once, in order', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const job = reportedJob(t);
  const running = launcher.startScript(numberedLines, { env: job.env });
  const cut = () => launcher.azure.terminals.cut();
  await cutConnections(t, running, { cut }, 12);
  const { status, stdout, stderr } = await running.finished;
  assert.equal(status, 21, stderr);
  assert.equal(stdout.toString(), allLines);
  const rows = job.lines().map(({ line }) => line);
  assert.equal(rows.join(''), allLines);
  // One line for each row of breaks.
  assert.match(stderr, /^(emissary: The connection to the volume broke: [^\n]*\n)+$/);
});

test('A2: an exec that ends at once with nothing is repeated', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { terminals } = launcher.azure;
  terminals.mute = true;
  const running = launcher.startScript('echo said; exit 9');
  await until('some have ended', () => terminals.opened === 4);
  terminals.mute = false;
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [9, 'said\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('A2: where no exec ever works again, one sentence tells that the results cannot be taken, and what is known', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { terminals } = launcher.azure;
  const job = reportedJob(t);
  const script = `echo before; until ${launcher.gate().isOpen}; do sleep 0.05; done; echo lost; exit 10`;
  const running = launcher.startScript(script, { env: job.env });
  await until('the job runs', () => running.stdout().toString().includes('before'));
  terminals.mute = true;
  terminals.cut();
  await launcher.gate().open();
  const { status, stdout, stderr } = await running.finished;
  assert.equal(status, 137, stderr);
  assert.equal(stdout.toString(), 'before\n');
  assert.match(
    stderr,
    /^emissary: The results of the job cannot be taken: Azure ran no program in its reporter \d+ times; what had arrived before is saved; its exit code was 10$/m,
  );
  assert.deepEqual([job.row().exitcode, job.lines().map(({ line }) => line)], [137, ['before\n']]);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('A6: sporadic answers with nothing, 404, 500 and 429 neither fail the job nor start it again', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { faults, asked, only } = launcherFaults(launcher);
  let asks = 0;
  faults.before = ({ method, url }) => {
    if (method !== 'GET' || !url.pathname.includes('/containerGroups/')) return null;
    asks += 1;
    const answers = [
      null,
      refused(404, 'ResourceNotFound', 'It is not available yet.'),
      { status: 200, body: null },
      refused(500, 'InternalServerError', 'Try again.'),
      { ...refused(429, 'TooManyRequests', 'Too many requests.'), headers: { 'retry-after': '1' } },
    ];
    return answers[asks % answers.length] ?? null;
  };
  const script = `echo $$; until ${launcher.gate().isOpen}; do sleep 0.05; done; exit 11`;
  const running = launcher.startScript(script);
  await until('the job runs', () => running.stdout().length > 0);
  const before = asks;
  await until('it was asked for meanwhile', () => asks > before + 5);
  assert.equal(only().wanted.properties.restartPolicy, 'Never');
  await launcher.gate().open();
  const { status, stdout, stderr } = await running.finished;
  assert.equal(status, 11, stderr);
  assert.match(stdout.toString(), /^\d+\n$/);
  assert.equal(asked.filter((each) => each.startsWith('PUT')).length, 1);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('A7: a deletion that takes half a minute is waited for, and the exit code is the job’s', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  launcher.azure.faults.deletionMs = 30_000;
  const { status, stderr } = await launcher.script('exit 12');
  assert.deepEqual([status, stderr], [12, '']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('A7: a group that cannot be deleted costs no exit code, and list --clean removes it later', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { faults } = launcher.azure;
  faults.before = ({ method }) =>
    method === 'DELETE' ? refused(403, 'AuthorizationFailed', 'The client has no authorization.') : null;
  const { status, stderr } = await launcher.script('exit 13');
  assert.equal(status, 13);
  assert.match(stderr, /^emissary: Azure cannot delete the container group [^\n]*no authorization\n$/);
  assert.deepEqual([launcher.left().length, (await launcher.containers()).length], [1, 1]);
  faults.before = () => null;
  await launcher.verb(['list', '--clean']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('A9: 8 MB on one line, then 50 MB in lines arrive, and the log of the service is never asked for', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const script =
    'head -c 8000000 /dev/zero | tr "\\0" x; echo; yes "a line of fifty bytes, with the newline at its end" | head -c 50000000';
  const { status, stdout, stderr } = await launcher.script(script);
  const line = 'a line of fifty bytes, with the newline at its end\n';
  const lines = Buffer.alloc(50_000_000, line);
  const expected = Buffer.concat([Buffer.alloc(8_000_000, 'x'), Buffer.from('\n'), lines]);
  assert.equal(status, 0, stderr);
  assert.deepEqual([stdout.length, hash(stdout)], [expected.length, hash(expected)]);
  assert.deepEqual(
    launcher.azure.asked.filter((each) => each.endsWith('/logs')),
    [],
  );
});

function launcherFaults({ azure }: NonNullable<Awaited<ReturnType<typeof azureLauncher>>>) {
  return { faults: azure.faults, asked: azure.asked, only: () => azure.only };
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
