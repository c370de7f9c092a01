import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { azureLauncher } from './azure/azure-launcher.ts';
import { clusterLauncher } from './cluster-launcher.ts';
import { type Engine, requireEngine } from './engine.ts';
import { makeNamedImage, withBusybox } from './images.ts';
import {
  type engineNames,
  type Gate,
  isOfCluster,
  jobImage,
  jobTools,
  type Launcher,
  label,
  starters,
} from './launcher-parts.ts';
import { requireProgram } from './require.ts';
import { tcpFront } from './tcp-front.ts';
import { temporaryVolume } from './volume.ts';

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
  if (name === 'azure') return azureLauncher(t);
  return isOfCluster(name) ? clusterLauncher(t, name) : engineLauncher(t, name, own);
}

async function engineLauncher(
  t: TestContext,
  name: (typeof engineNames)[number] | 'docker elsewhere',
  own: Engine | null,
): Promise<Launcher | null> {
  const client = name === 'docker elsewhere' ? 'docker' : name;
  const engine = own ?? (client === 'native' ? null : await requireEngine(t, client));
  if (client !== 'native' && (engine === null || !requireProgram(t, 'busybox'))) return null;
  if (engine !== null) {
    const make = () => makeNamedImage(t, engine, jobImage, (tree) => withBusybox(tree, jobTools));
    if (own === null) made[client] ??= make();
    await (own === null ? made[client] : make());
  }
  const state = join(temporaryVolume(t), 'state');
  // A detached launcher may still keep its messages there.
  atEnd(t, () => rmSync(state, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
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
    gate: () => fileGate(join(temporaryVolume(t), 'go'), engine !== null),
    left: () => readdirSync(join(state, 'jobs')),
  };
}

/** A file of this machine, which a container mounts. */
function fileGate(file: string, mounts: boolean): Gate {
  const directory = dirname(file);
  return {
    options: mounts ? ['--mount', `${directory}:${directory}`] : [],
    isOpen: `[ -e ${file} ]`,
    open: async () => writeFileSync(file, ''),
  };
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
