import { existsSync } from 'node:fs';
import { messageOf } from '../../base/fault.ts';
import { log } from '../../base/log.ts';
import type { Invocation } from '../../settings/cli/invocation.ts';
import { engineEnvironment } from '../../settings/verbs/launch-report.ts';
import type { Engine, Leftover } from '../engine.ts';
import { podProgram } from '../job/installed-program.ts';
import { openEngine } from '../open-engine.ts';
import { containerName } from '../open-launch.ts';
import { type EnginePlace, knownPlaces } from '../state/engine-places.ts';
import type { StateDirectory } from '../state/state-directory.ts';
import { recordedSettings } from './open-recorded.ts';

/**
 * Removes ended containers of this installation of whose jobs no record is here any more, wherever it has launched jobs. One
 * that runs may be another launcher's, and is only told.
 *
 * @returns one sentence for each, and for each place that cannot be asked
 */
export async function cleanLeftovers(
  state: StateDirectory,
  invocation: Invocation,
): Promise<readonly string[]> {
  const said: string[] = [];
  for (const place of knownPlaces(state.path)) {
    try {
      const engine = await open(place, state, invocation);
      for (const left of unknown(await engine.leftovers(state.installation), state))
        said.push(await removeUnknown(engine, left, state));
    } catch (error) {
      said.push(`${place.engine}: ${messageOf(error)}`);
    }
  }
  return said;
}

function open(place: EnginePlace, state: StateDirectory, invocation: Invocation): Promise<Engine> {
  const none = { key: '', image: 'none', program: null, reports: false };
  const { settings } = recordedSettings(state, { ...none, ...place }, invocation);
  const setup = {
    environment: engineEnvironment(invocation.environment),
    options: settings.engineOptions,
    podProgram: podProgram(invocation.program),
    state: state.path,
    nativeEnvironment: settings.nativeEnvironment,
    warn: log,
    signal: new AbortController().signal,
  };
  return openEngine(place.engine, setup, { ...settings, via: place.via ?? 'pod' });
}

/** Those of whose job nothing is in the state directory; the containers of one job are one. */
function unknown(found: readonly Leftover[], state: StateDirectory): readonly Leftover[] {
  const jobs = new Map<string, Leftover>();
  for (const { name: own, key, running } of found) {
    const name = own.replace(/-reporter$/, '');
    // A label is no path.
    if (!/^(?:job-\d+|run-[0-9a-f]+)$/.test(key) || !isNamed(name, state, key)) continue;
    if (existsSync(state.job(key).path)) continue;
    jobs.set(name, { name, key, running: running || jobs.get(name)?.running === true });
  }
  return [...jobs.values()];
}

function isNamed(name: string, { installation }: StateDirectory, key: string): boolean {
  const own = containerName(installation, key);
  return name === own || name.startsWith(`${own}-`);
}

async function removeUnknown(
  engine: Engine,
  { name, key, running }: Leftover,
  state: StateDirectory,
): Promise<string> {
  if (running) return `${name}: runs, and no record of it is here; it is removed once it has ended`;
  const directory = state.job(key);
  // A launch of the same job would make a container of that name.
  if (!directory.claim()) return `${name}: its job is being launched`;
  if (directory.read() !== null) {
    directory.release();
    return `${name}: its job is being launched`;
  }
  try {
    await engine.remove({ name });
    return `${name}: removed; no record of it was here`;
  } catch (error) {
    return `${name}: ${messageOf(error)}`;
  } finally {
    directory.remove();
  }
}
