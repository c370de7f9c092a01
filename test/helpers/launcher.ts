import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { emissary, type Finished, type Running, startEmissary } from './emissary.ts';
import { type Engine, requireEngine } from './engine.ts';
import { makeNamedImage, withBusybox } from './images.ts';
import { requireProgram } from './require.ts';
import { tcpFront } from './tcp-front.ts';
import { temporaryVolume } from './volume.ts';

/** The engines that the conformance suite runs against. */
export const engineNames = ['native', 'docker', 'podman'] as const;

/** The same, a Docker that could be on another machine, and a cluster. */
export const launcherNames = [...engineNames, 'docker elsewhere', 'kubernetes'] as const;

/** One engine with a state directory of the test's own. */
export interface Launcher {
  readonly name: (typeof launcherNames)[number];
  /** Its command-line client; null: native. */
  readonly engine: Engine | null;
  readonly state: string;
  readonly env: Readonly<Record<string, string>>;
  /** The options that every launch needs, the image included. */
  readonly options: readonly string[];
  /** Runs `launch` with a shell script as the job. */
  script(script: string, more?: LaunchMore): Promise<Finished>;
  startScript(script: string, more?: LaunchMore): Running;
  /** Runs another verb. */
  verb(args: readonly string[]): Promise<Finished>;
  /** The containers of this installation, by the engine's own client. */
  containers(): Promise<readonly string[]>;
  /** The jobs that are left in the state directory. */
  left(): readonly string[];
}

/** More for one launch. */
export interface LaunchMore {
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command line to put before it. */
  readonly under?: readonly string[];
}

/** The image of the jobs. */
export const jobImage = 'localhost/emissary-launch-test:1';
/** The programs in it. */
export const jobTools = [
  'sh',
  'cat',
  'sleep',
  'echo',
  'head',
  'dd',
  'env',
  'id',
  'mkdir',
  'tr',
  'yes',
  'ps',
  'kill',
  'seq',
  'printf',
  'chmod',
  'touch',
  'test',
];
const made: Record<string, Promise<void>> = {};

/**
 * Null after the test was skipped because the engine does not work here; in CI that is a failure.
 *
 * @param own an engine of the test's own; default: the one of the test run
 */
export async function launcherOf(
  t: TestContext,
  name: Launcher['name'],
  own: Engine | null = null,
): Promise<Launcher | null> {
  if (name === 'kubernetes') return (await import('./cluster-launcher.ts')).clusterLauncher(t);
  const client = name === 'docker elsewhere' ? 'docker' : name;
  const engine = own ?? (client === 'native' ? null : await requireEngine(t, client));
  if (client !== 'native' && (engine === null || !requireProgram(t, 'busybox'))) return null;
  if (engine !== null) {
    const make = () => makeNamedImage(t, engine, jobImage, (tree) => withBusybox(tree, jobTools));
    if (own === null) made[client] ??= make();
    await (own === null ? made[client] : make());
  }
  const state = join(temporaryVolume(t), 'state');
  atEnd(t, () => rmSync(state, { recursive: true, force: true }));
  if (engine !== null) atEnd(t, () => removeOwn(engine, state));
  const host = name === 'docker elsewhere' ? { DOCKER_HOST: await tcpFront(t) } : hostVariable();
  const env = { ...host, ...engine?.env, EMISSARY_STATE_DIR: state };
  const options =
    engine === null
      ? ['--engine', 'native']
      : ['--engine', client, '--image', jobImage, '--network', 'none', '--pull', 'never'];
  return {
    name,
    engine,
    state,
    env,
    options,
    ...starters(t, options, env),
    containers: async () => {
      if (engine === null) return [];
      const { stdout } = await engine.run([
        'ps',
        '--all',
        '--format',
        '{{.Names}}',
        '--filter',
        `label=${label(state)}`,
      ]);
      return namesIn(stdout);
    },
    left: () => readdirSync(join(state, 'jobs')),
  };
}

/** What starts the program with the options of a launcher. */
export function starters(
  t: TestContext,
  options: readonly string[],
  env: Readonly<Record<string, string>>,
): Pick<Launcher, 'script' | 'startScript' | 'verb'> {
  const line = (script: string, more: LaunchMore) =>
    [
      ['launch', ...options, ...(more.options ?? []), '--', 'sh', '-c', script],
      { env: { ...env, ...more.env }, ...(more.under !== undefined && { under: more.under }) },
    ] as const;
  return {
    script: (script, more = {}) => emissary(...line(script, more)),
    startScript: (script, more = {}) => startEmissary(t, ...line(script, more)),
    verb: (args) => emissary(args, { env }),
  };
}

/** The label of what belongs to the installation of a state directory. */
export function label(state: string): string {
  return `eu.multiflexi.emissary.installation=${readFileSync(join(state, 'installation'), 'latin1').trim()}`;
}

function hostVariable(): Record<string, string> {
  const host = process.env['DOCKER_HOST'];
  return host === undefined ? {} : { DOCKER_HOST: host };
}

/** A test that fails leaves containers and volumes, which would hold the daemon at its end. */
async function removeOwn(engine: Engine, state: string): Promise<void> {
  if (!existsSync(join(state, 'installation'))) return;
  const filter = ['--filter', `label=${label(state)}`];
  const { stdout: containers } = await engine.run(['ps', '--all', '--quiet', ...filter]);
  const left = namesIn(containers);
  if (left.length > 0) await engine.run(['rm', '--force', ...left]);
  const { stdout: volumes } = await engine.run(['volume', 'ls', '--quiet', ...filter]);
  const kept = namesIn(volumes);
  if (kept.length > 0) await engine.run(['volume', 'rm', ...kept]);
}

function namesIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
