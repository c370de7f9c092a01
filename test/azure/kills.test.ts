import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AzureLauncher, azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { until } from '../helpers/until.ts';

const message = "The requested resource is not available in the location 'westeurope' at this moment.";
const noCapacity = { code: 'ServiceUnavailable', message };

test('a launcher that is killed before its group fails for capacity: the next launch makes another', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  await failsAfterKill(launcher, '100');
  const options = ['--job-id', '100', '--report', 'none'];
  const { status, stdout, stderr } = await launcher.script('echo runs; exit 35', { options });
  assert.deepEqual([status, stdout.toString()], [35, 'runs\n'], stderr);
  assert.equal(azure.asked.filter((each) => each.startsWith('PUT')).length, 2);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a group that has failed after its launcher was killed is removed by list --clean: its job was not started', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  await failsAfterKill(launcher, '101');
  const { stderr } = await launcher.verb(['list', '--clean']);
  assert.equal(stderr, 'emissary: job-101: removed; it was not started\n');
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a launcher that is killed while it deletes a failed group: the next launch waits for that, and makes another', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  azure.faults.failure = noCapacity;
  azure.faults.deletionMs = 4_000;
  let isDeleting = false;
  azure.faults.after = ({ method }, reply) => {
    if (method !== 'DELETE') return reply;
    for (const group of azure.groups.values()) group.provisioningState = 'Deleting';
    isDeleting = true;
    return reply;
  };
  const options = ['--job-id', '103', '--report', 'none'];
  const first = launcher.startScript('echo never', { options });
  await until('it is being deleted', () => isDeleting);
  first.kill('SIGKILL');
  await first.finished;
  azure.faults.failure = null;
  const { status, stdout, stderr } = await launcher.script('echo runs; exit 36', { options });
  assert.deepEqual([status, stdout.toString()], [36, 'runs\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a launcher that is killed between its record and its request: list --clean looks for the group, and removes it', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  for (const isMade of [false, true]) {
    const { promise: held, resolve } = Promise.withResolvers<void>();
    // Its request is with a proxy when it is killed.
    azure.faults.before = async ({ method }) => {
      if (method !== 'PUT') return null;
      await held;
      return isMade ? null : { status: 503 };
    };
    const puts = () => azure.asked.filter((each) => each.startsWith('PUT')).length;
    const before = puts();
    azure.faults.startMs = 600_000;
    const running = launcher.startScript('echo never', { options: ['--job-id', '102', '--report', 'none'] });
    await until('it is requested', () => puts() > before);
    assert.match(
      readFileSync(join(launcher.state, 'jobs/job-102/launch.json'), 'utf8'),
      /"stage":"starting"/,
    );
    running.kill('SIGKILL');
    await running.finished;
    const looks = azure.asked.length;
    const cleaning: ReturnType<AzureLauncher['verb']> = launcher.verb(['list', '--clean']);
    await until('it is looked for', () => azure.asked.length > looks + 3);
    resolve();
    const { stderr } = await cleaning;
    if (isMade) {
      assert.equal(stderr, 'emissary: job-102: runs elsewhere\n');
      assert.equal(azure.groups.size, 1);
      azure.only.provisioningState = 'Failed';
      await launcher.verb(['list', '--clean']);
    } else {
      assert.equal(stderr, 'emissary: job-102: removed; it was not started\n');
    }
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  }
});

/** A launcher is killed while its group is made, which fails then. Later groups do not. */
async function failsAfterKill(launcher: AzureLauncher, id: string): Promise<void> {
  const { azure } = launcher;
  azure.faults.startMs = 2_000;
  azure.faults.failure = noCapacity;
  const first = launcher.startScript('echo never', { options: ['--job-id', id, '--report', 'none'] });
  await until('it is being made', () => azure.groups.size === 1);
  first.kill('SIGKILL');
  await first.finished;
  const group = azure.only;
  await until('it has failed', () => group.provisioningState === 'Failed');
  group.events.push({ name: noCapacity.code, type: 'Warning', message });
  azure.faults.startMs = 0;
  azure.faults.failure = null;
  assert.ok(existsSync(join(launcher.state, `jobs/job-${id}`)));
}
