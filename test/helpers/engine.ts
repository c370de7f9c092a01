import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { execa, type Options } from 'execa';
import { lacks, requireProgram } from './require.ts';

/** A container engine that was found to work. */
export interface Engine {
  readonly name: 'podman' | 'docker';
  /** Variables that every call of the engine needs. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the engine with these arguments; never throws: check the result. */
  run(args: readonly string[], options?: Options): Promise<EngineResult>;
  /** Makes an image of this directory's content alone; `changes` are lines of a Dockerfile. */
  importTree(directory: string, image: string, changes?: readonly string[]): Promise<void>;
}

/** The result of a call of the engine. */
export interface EngineResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** No call of an engine in a test takes this long, ms: an engine that hangs fails its test, not the run. */
const callBoundMs = 600_000;
const setNeeded = resolve(import.meta.dirname, '../containers/containers.conf');

/**
 * The engine, or null after the test was skipped because none works here. In CI that is a failure.
 * Docker needs a daemon: `npm test` starts one (build/docker-daemon.ts) if none answers.
 */
export async function requireEngine(t: TestContext, name: Engine['name']): Promise<Engine | null> {
  if (!requireProgram(t, name)) return null;
  const engine = engineOf(name);
  const { exitCode, stderr } = await engine.run(['info']);
  if (exitCode === 0) return engine;
  lacks(t, `${name} does not work here (${stderr.split('\n')[0]})`);
  return null;
}

/** The engine, without checking whether it works. @param more variables, for an engine of a test's own */
export function engineOf(name: Engine['name'], more: Engine['env'] = {}): Engine {
  const env = { ...(name === 'podman' ? podmanEnvironment() : {}), ...more };
  const run = async (args: readonly string[], options: Options = {}) => {
    const bounded = {
      timeout: callBoundMs,
      ...options,
      reject: false,
      env: { ...env, ...options.env },
    } as const;
    const result = await execa(name, args, bounded);
    const late = result.timedOut ? `${name} ${args[0]} did not end within ${bounded.timeout} ms\n` : '';
    return { exitCode: result.exitCode, stdout: String(result.stdout), stderr: `${late}${result.stderr}` };
  };
  return {
    name,
    env,
    run,
    async importTree(directory, image, changes = []) {
      const options = changes.map((change) => `--change '${change}'`).join(' ');
      const { exitCode, stderr } = await execa({
        env,
        shell: '/bin/sh',
        reject: false,
        timeout: callBoundMs,
      })(`tar -C '${directory}' -c . | ${name} import ${options} - '${image}'`);
      if (exitCode !== 0) throw new Error(`${name} import: ${stderr}`);
    },
  };
}

/** The user's own CONTAINERS_CONF takes precedence; ours is for machines on which podman's defaults cannot work. */
function podmanEnvironment(): Record<string, string> {
  if (process.env['CONTAINERS_CONF'] !== undefined) return {};
  return process.getuid?.() === 0 && (mayNotRaiseLimits() || mixesControlGroups())
    ? { CONTAINERS_CONF: setNeeded }
    : {};
}

/** CAP_SYS_RESOURCE is bit 24 (capability.h). */
function mayNotRaiseLimits(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 0n;
}

function mixesControlGroups(): boolean {
  return existsSync('/sys/fs/cgroup/unified') && !existsSync('/sys/fs/cgroup/cgroup.controllers');
}
