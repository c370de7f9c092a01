import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chartedLauncher, neverReady, none } from '../helpers/charted-launcher.ts';
import type { ClusterLauncher } from '../helpers/cluster-launcher.ts';
import type { Finished } from '../helpers/emissary.ts';
import { until } from '../helpers/until.ts';

test('kubernetes: TERM while the chart is not ready stops helm, and the launch ends; the next one goes on', async (t) => {
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { launcher, app, launch } = charted;
  const running = launch(app.values(neverReady));
  await until('helm waits', app.isPending);
  running.kill('SIGTERM');
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString(), stderr], [143, '', '']);
  assert.deepEqual(await app.history(), ['failed']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  const next = await launch(app.values(none)).finished;
  assert.deepEqual([next.status, next.stderr], [0, '']);
});

test('kubernetes: what a launch that was killed with its helm has left pending is recovered by the next one', async (t) => {
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { launcher, app, launch } = charted;
  const left = 'emissary: The release obchod-s-kavou was left in';
  for (const [state, remedy] of [
    ['pending-install', 'it is uninstalled first'],
    ['pending-upgrade', 'it is rolled back to revision 1 first'],
  ]) {
    const killed = launch(app.values(neverReady));
    const helm = await until('helm waits', async () => (await app.isPending()) && childrenOf(killed.pid)[0]);
    for (const pid of [killed.pid, helm]) process.kill(pid, 'SIGKILL');
    await killed.finished;
    const next: Finished = await launch(app.values({ word: 'again' })).finished;
    assert.deepEqual([next.status, next.stdout.toString()], [0, 'again'], next.stderr);
    assert.equal(next.stderr, `${left} ${state} by somebody who was killed; ${remedy}\n`);
  }
  assert.equal((await app.history()).at(-1), 'deployed');
  await launcher.verb(['list', '--clean']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a helm whose launch was killed is waited for, as long as it lives', async (t) => {
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { launcher, app, launch } = charted;
  const killed = launch([...app.values(neverReady), '--start-timeout', '200']);
  const helm = await until('helm waits', async () => (await app.isPending()) && childrenOf(killed.pid)[0]);
  t.after(() => kill(helm));
  killed.kill('SIGKILL');
  await killed.finished;
  const early = await launch(['--start-timeout', '4']).finished;
  assert.equal(early.status, 64);
  assert.match(
    early.stderr,
    /within 4 s: still waiting for another launch that changes the release obchod-s-kavou/,
  );
  const patient = launch(app.values(none));
  await ready(launcher);
  const { status, stdout, stderr } = await patient.finished;
  assert.deepEqual([status, stdout.toString(), stderr], [0, 'usual', '']);
  assert.deepEqual(await app.history(), ['superseded', 'deployed']);
});

test('kubernetes: a release that somebody else installs is waited for, and recovered when his time is over', async (t) => {
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { launcher, app, launch } = charted;
  const install = ['upgrade', '--install', app.release, app.chart, '--set', 'replicas=1', '--wait'];
  const foreign = app.helm(install);
  await until('helm waits', app.isPending);
  const early = await launch(['--start-timeout', '4']).finished;
  assert.equal(early.status, 64);
  assert.match(
    early.stderr,
    /still waiting for whoever changes the release obchod-s-kavou \(pending-install since/,
  );
  const patient = launch(app.values(none));
  await ready(launcher);
  assert.equal((await foreign).exitCode, 0);
  const { status, stderr } = await patient.finished;
  assert.deepEqual([status, stderr], [0, '']);
  // The labels of the launch are on what comes next, too, which is not the launch's.
  const second = app.helm(install);
  await until('helm waits', app.isPending);
  const again = await launch(['--start-timeout', '4']).finished;
  assert.match(
    again.stderr,
    /still waiting for whoever changes the release obchod-s-kavou \(pending-upgrade since/,
  );
  await ready(launcher);
  assert.equal((await second).exitCode, 0);
  // Its end is known, and over.
  const labels = Object.entries({ installation: 'another', until: 1, revision: 4 });
  const given = labels.map(([name, value]) => `eu.multiflexi.emissary.${name}=${value}`).join(',');
  const over = app.helm([...install, '--timeout', '200s', '--labels', given]);
  await until('helm waits', app.isPending);
  const next = await launch(app.values(none)).finished;
  assert.equal(next.status, 0, next.stderr);
  assert.match(next.stderr, /was left in pending-upgrade .* rolled back to revision 3 first/);
  await over;
});

test('kubernetes: of two launches of an application at once, each finds its chart', async (t) => {
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { app, launch } = charted;
  const both = [launch(['--job-id', '1', '--report', 'none']), launch(['--job-id', '2', '--report', 'none'])];
  for (const { status, stdout, stderr } of await Promise.all(both.map(({ finished }) => finished)))
    assert.deepEqual([status, stdout.toString(), stderr], [0, 'usual', '']);
  assert.deepEqual(await app.history(), ['superseded', 'deployed']);
});

/** The Deployment that never gets ready is ready: none of it is wanted. */
async function ready({ cluster, namespace }: ClusterLauncher): Promise<void> {
  const scale = ['scale', 'deployment', 'never', '--replicas=0'];
  const { exitCode, stderr } = await cluster.kubectl(['--namespace', namespace, ...scale]);
  assert.equal(exitCode, 0, stderr);
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
