import { limits } from '../base/limits.ts';
import { Lifeline } from '../contract/lifeline.ts';
import { lostExitCode } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { type ContainerState, readSeal, readSealed, readStarted } from './container-state.ts';

/** One container as `emissary status` shows it. Times are RFC 3339; what is not known yet is null. */
export interface ContainerStatus {
  readonly name: string;
  readonly state: ContainerState['kind'];
  readonly exitCode: number | null;
  readonly verdict: string | null;
  readonly message: string | null;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly seconds: number | null;
}

/** Looks once at the containers of these names, and at all others that there are. Invalid names are passed over. */
export async function describeContainers(
  volume: Volume,
  names: readonly string[],
): Promise<readonly ContainerStatus[]> {
  const found = volume
    .list('ctr', limits.listedNames)
    .filter((name) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name));
  const all = [...new Set([...names, ...found.sort()])];
  return Promise.all(all.map(async (name) => describe(volume, name, await stateOf(volume, name))));
}

/** A glance: without the time that `wait` gives a dead wrapper to show a seal. */
async function stateOf(volume: Volume, name: string): Promise<ContainerState> {
  const lifeline = new Lifeline(volume, name, () => undefined);
  const life = lifeline.look();
  lifeline.close();
  const seal = readSeal(volume, name);
  if (seal.kind === 'valid' || (seal.kind === 'garbage' && life !== 'living'))
    return readSealed(volume, name, seal);
  const started = await readStarted(volume, name);
  if (life === 'dying' || life === 'gone')
    return { kind: 'lost', started, reason: `The wrapper of container ${name} died and left no exit code` };
  return started !== null || life === 'living' ? { kind: 'running', started } : { kind: 'waiting' };
}

function describe(volume: Volume, name: string, state: ContainerState): ContainerStatus {
  const sealed = state.kind === 'sealed' ? state : null;
  const started = state.kind === 'waiting' ? null : state.started;
  const startedAt = sealed?.result?.startedAt ?? started?.startedAt ?? null;
  const finishedAt = sealed?.result?.finishedAt ?? null;
  return {
    name,
    state: state.kind,
    exitCode: state.kind === 'lost' ? lostExitCode : (sealed?.exitCode ?? null),
    verdict: verdictOf(state),
    message: state.kind === 'lost' ? state.reason : (sealed?.complaint ?? sealed?.result?.message ?? null),
    stdoutBytes: volume.sizeOf(`ctr/${name}/stdout`) ?? 0,
    stderrBytes: volume.sizeOf(`ctr/${name}/stderr`) ?? 0,
    startedAt,
    finishedAt,
    seconds: secondsOf(state, startedAt, finishedAt),
  };
}

function verdictOf(state: ContainerState): string | null {
  if (state.kind === 'lost') return 'lost';
  if (state.kind !== 'sealed') return null;
  return state.complaint === null ? (state.result?.verdict ?? 'error') : 'error';
}

function secondsOf(
  state: ContainerState,
  startedAt: string | null,
  finishedAt: string | null,
): number | null {
  if (startedAt === null || (finishedAt === null && state.kind !== 'running')) return null;
  const until = finishedAt === null ? Date.now() : Date.parse(finishedAt);
  return Math.max(0, (until - Date.parse(startedAt)) / 1000);
}
