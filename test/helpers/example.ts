import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { here } from '../../build/architecture.ts';
import { seedStatements, sqliteTables } from '../../build/multiflexi-schema.ts';
import { holdFifo } from '../../src/kernel/lock.ts';
import { type Engine, requireEngine } from './engine.ts';
import { makeNamedImage, withBusybox, withTree } from './images.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';

/** What the examples need on their machine: their images, and MultiFlexi's database with job 1. */
export interface ExampleMachine {
  readonly engine: Engine;
  /** What the database holds of job 1. */
  stored(): StoredJob;
}

/** The rows of job 1. */
export interface StoredJob {
  readonly exitcode: number | null;
  readonly begin: string | null;
  readonly end: string | null;
  /** `<type> <line>` each. */
  readonly lines: readonly string[];
  readonly artifacts: readonly string[];
}

const images = { emissary: 'multiflexi-emissary:0.1.0', busybox: 'busybox:1.36' };
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
  await makeNamedImage(t, engine, images.emissary, (tree) => withTree(tree, `dist/image/${here.oci}`), {
    entrypoint: '/emissary',
    user: '65532:65532',
  });
  await makeNamedImage(t, engine, images.busybox, (tree) =>
    withBusybox(tree, ['sh', 'cat', 'grep', 'id', 'mkdir', 'sleep', 'uname', 'wc']),
  );
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
  await engine.run(['rmi', '--force', ...Object.values(images)]);
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
  const file = join(stdout.trim(), 'multiflexi.sqlite');
  chmodSync(stdout.trim(), 0o777);
  using database = new DatabaseSync(file);
  for (const statement of [...sqliteTables, ...seedStatements(1)]) database.exec(statement);
  chmodSync(file, 0o666);
  return file;
}

function storedJob(file: string): StoredJob {
  using database = new DatabaseSync(file, { readOnly: true, timeout: 60_000 });
  const row = database.prepare('SELECT begin, "end", exitcode FROM job WHERE id = 1').get();
  const lines = database
    .prepare('SELECT type, line FROM job_output_lines WHERE job_id = 1 ORDER BY seq')
    .all();
  const artifacts = database
    .prepare('SELECT filename FROM artifacts WHERE job_id = 1 ORDER BY filename')
    .all();
  return {
    exitcode: row?.['exitcode'] as number | null,
    begin: row?.['begin'] as string | null,
    end: row?.['end'] as string | null,
    lines: lines.map(({ type, line }) => `${type} ${String(line).trimEnd()}`),
    artifacts: artifacts.map(({ filename }) => String(filename)),
  };
}
