import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { seedStatements, sqliteTables } from '../../build/multiflexi-schema.ts';
import { holdFifo } from '../../src/kernel/lock.ts';
import { type Engine, requireEngine } from './engine.ts';
import { makeNamedImage, withBusybox, withTree } from './images.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';

/** What the examples find on the machine they run on: their images, and MultiFlexi's database with job 1. */
export interface ExampleMachine {
  readonly engine: Engine;
  /** What the database holds of job 1. */
  stored(): StoredJob;
}

/** Rows of job 1. */
export interface StoredJob {
  readonly exitcode: number | null;
  readonly begin: string | null;
  readonly end: string | null;
  /** `<type> <line>` each. */
  readonly lines: readonly string[];
  readonly artifacts: readonly string[];
}

/** Prepares an engine for the examples, or skips the test. Everything goes when the test ends. */
export async function exampleMachine(t: TestContext, name: Engine['name']): Promise<ExampleMachine | null> {
  const engine = await requireEngine(t, name);
  if (engine === null || !requireProgram(t, 'busybox')) return null;
  await takeNames(name);
  await makeNamedImage(t, engine, 'multiflexi-emissary:0.1.0', (tree) => withTree(tree, 'dist/image/amd64'), {
    entrypoint: '/emissary',
    user: '65532:65532',
  });
  await makeNamedImage(t, engine, 'busybox:1.36', (tree) =>
    withBusybox(tree, ['sh', 'cat', 'grep', 'id', 'mkdir', 'sleep', 'uname', 'wc', 'chmod', 'env']),
  );
  await makeVolume(t, engine, 'multiflexi');
  const file = await databaseOn(engine, 'multiflexi');
  return { engine, stored: () => storedJob(file) };
}

/** What each engine's names are kept by: the kernel lets go of it when this process ends. */
const taken = new Set<string>();

/** The examples name their volumes and images: two test files that run at the same time must not both have them. */
async function takeNames(engine: string): Promise<void> {
  if (taken.has(engine)) return;
  const lock = join(tmpdir(), `emissary-test-${engine}-names`);
  await until(`the names of the examples (${lock})`, () => holdFifo(lock) === 'held', 300_000);
  taken.add(engine);
}

/** A volume of the engine with this name. It must not be there: the test would take a person's own. */
async function makeVolume(t: TestContext, engine: Engine, name: string): Promise<void> {
  const { exitCode, stderr } = await engine.run(['volume', 'create', name]);
  assert.equal(exitCode, 0, stderr);
  t.after(() => engine.run(['volume', 'rm', '--force', name, 'emissary']));
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
  using database = new DatabaseSync(file, { readOnly: true });
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
