import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { holdFifo } from '../../src/kernel/lock.ts';
import { type Engine, requireEngine } from './engine.ts';
import { makeExampleDatabase, type StoredJob, storedJob } from './example-database.ts';
import { exampleImages } from './example-images.ts';
import { makeNamedImage } from './images.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';

/** What the examples need on their machine: their images, and MultiFlexi's database with job 1. */
export interface ExampleMachine {
  readonly engine: Engine;
  /** What the database holds of job 1. */
  stored(): StoredJob;
}

/** Marks the volume as ours to remove. */
const label = 'emissary-test';
const pod = 'multiflexi-job-1';
const secrets = ['multiflexi-job-1-job', 'multiflexi-job-1-report'];

/**
 * Prepares an engine for the examples, or skips the test. The examples use fixed names, so there is only one such machine
 * at a time; everything is removed when the test ends.
 */
export async function exampleMachine(t: TestContext, name: Engine['name']): Promise<ExampleMachine | null> {
  const engine = await requireEngine(t, name);
  if (engine === null || !requireProgram(t, 'busybox')) return null;
  await takeNames(name);
  // Hooks run in the order of their registration: this one ends what the test has started.
  t.after(() => clear(engine));
  // Left by a killed test; a user's own volume of that name makes the next step fail.
  await clear(engine);
  for (const { image, fill, start } of exampleImages) await makeNamedImage(t, engine, image, fill, start);
  const { exitCode, stderr } = await engine.run(['volume', 'create', '--label', label, 'multiflexi']);
  assert.equal(exitCode, 0, stderr);
  const file = await databaseOn(engine, 'multiflexi');
  return { engine, stored: () => storedJob(file) };
}

/** How long another file may hold the names, ms: all of its tests, on a busy machine. */
const namesBoundMs = 25 * 60_000;
/** The lock on each engine's names: the kernel releases it when this process exits. */
const taken = new Set<string>();

/** The examples name their volumes and images: two test files that run at the same time must not both use them. */
async function takeNames(engine: string): Promise<void> {
  if (taken.has(engine)) return;
  const lock = join(tmpdir(), `emissary-test-${engine}-names`);
  await until(`the names of the examples (${lock})`, () => holdFifo(lock) === 'held', namesBoundMs);
  taken.add(engine);
}

/** Removes everything that has a name of the examples. */
async function clear(engine: Engine): Promise<void> {
  if (engine.name === 'podman') {
    // Podman leaves a pod whose control group is still busy with the end of its containers.
    await until('the pod is gone', async () => {
      await engine.run(['pod', 'rm', '--force', pod]);
      return (await engine.run(['pod', 'exists', pod])).exitCode === 1;
    });
    await engine.run(['secret', 'rm', ...secrets]);
  }
  // Only existing names: podman takes a missing name for a prefix of another one, and removes that.
  const unmarked = (await volumes(engine)).filter((name) =>
    [...secrets, 'emissary', 'emissary-spool'].includes(name),
  );
  const own = [...(await volumes(engine, ['--filter', `label=${label}`])), ...unmarked];
  if (own.length > 0) await engine.run(['volume', 'rm', '--force', ...own]);
  await engine.run(['rmi', '--force', ...exampleImages.map(({ image }) => image)]);
}

async function volumes(engine: Engine, filter: readonly string[] = []): Promise<readonly string[]> {
  // Podman fails if another test removes a volume that it has just found.
  const { stdout } = await until('the volumes are listed', async () => {
    const listed = await engine.run(['volume', 'ls', '--quiet', ...filter]);
    return listed.exitCode === 0 && listed;
  });
  return stdout.split('\n').filter((name) => name !== '');
}

async function databaseOn(engine: Engine, volume: string): Promise<string> {
  const { stdout } = await engine.run(['volume', 'inspect', '--format', '{{.Mountpoint}}', volume]);
  chmodSync(stdout.trim(), 0o777);
  return makeExampleDatabase(stdout.trim());
}
