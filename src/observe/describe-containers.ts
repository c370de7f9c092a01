import { limits } from '../base/limits.ts';
import { shorten } from '../base/shorten.ts';
import { containerNamePattern } from '../contract/container-name.ts';
import { lostExitCode, type Paused, type SavingProgress } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { WrapperLiveness } from '../contract/wrapper-liveness.ts';
import {
  type ContainerState,
  lostState,
  mayBeRetried,
  readEnded,
  readPaused,
  readSaving,
  readSeal,
  readStarted,
} from './container-state.ts';
import { verdictOfSealed } from './job-report.ts';
import { readSealed } from './read-sealed.ts';
import { attemptsOf } from './read-template.ts';

/** One container as `emissary status` shows it. Times are RFC 3339; unknown values are null. */
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
  /** How far its wrapper has got with saving; null if it is not saving or has not recorded it. */
  readonly saving: SavingProgress | null;
  /** Its job failed and is held for a person; null if it is not. */
  readonly paused: Paused | null;
}

/** Reads the state of these containers and of all others on the volume, once. Invalid names are skipped. */
export async function describeContainers(
  volume: Volume,
  names: readonly string[],
): Promise<readonly ContainerStatus[]> {
  const found = volume.list('ctr', limits.listedNames).filter((name) => containerNamePattern.test(name));
  const all = [...new Set([...names, ...found.sort()])];
  const attempts = await attemptsOf(volume);
  return Promise.all(
    all.map(async (name) => {
      const state = await stateOf(volume, name, attempts);
      const saving = state.kind === 'saving' ? await readSaving(volume, name) : null;
      const paused = state.kind === 'saving' ? await readPaused(volume, name) : null;
      return describe(volume, name, state, { saving, paused });
    }),
  );
}

/** A snapshot: unlike `wait`, it does not give a dead wrapper time for its seal to appear. */
async function stateOf(volume: Volume, name: string, attempts: number): Promise<ContainerState> {
  const liveness = new WrapperLiveness(volume, name, () => undefined);
  const life = liveness.look();
  liveness.close();
  const seal = readSeal(volume, name);
  if (seal.kind !== 'absent' && life !== 'living') return readSealed(volume, name, seal);
  const started = await readStarted(volume, name);
  const ended = await readEnded(volume, name, started);
  if (life === 'dying' || life === 'gone') return lostState(name, started, ended);
  if (ended !== null && !mayBeRetried(ended, attempts)) return { kind: 'saving', started, ended };
  return started !== null || life === 'living' ? { kind: 'running', started } : { kind: 'waiting' };
}

function describe(volume: Volume, name: string, state: ContainerState, held: Held): ContainerStatus {
  const sealed = state.kind === 'sealed' ? state : null;
  const ended = state.kind === 'lost' || state.kind === 'saving' ? state.ended : null;
  const started = state.kind === 'waiting' ? null : state.started;
  const startedAt = sealed?.result?.startedAt ?? started?.startedAt ?? null;
  const finishedAt = sealed?.result?.finishedAt ?? ended?.finishedAt ?? null;
  return {
    name,
    state: state.kind,
    exitCode: ended?.exitCode ?? (state.kind === 'lost' ? lostExitCode : (sealed?.exitCode ?? null)),
    verdict: verdictOf(state),
    message: messageOf(name, state, held),
    stdoutBytes: volume.sizeOf(`ctr/${name}/stdout`) ?? 0,
    stderrBytes: volume.sizeOf(`ctr/${name}/stderr`) ?? 0,
    startedAt,
    finishedAt,
    seconds: secondsOf(state, startedAt, finishedAt),
    ...held,
  };
}

/** What a wrapper does between its job's end and the seal. */
type Held = Pick<ContainerStatus, 'saving' | 'paused'>;

function messageOf(name: string, state: ContainerState, { saving, paused }: Held): string | null {
  switch (state.kind) {
    case 'waiting':
    case 'running':
      return null;
    case 'saving':
      if (paused !== null)
        return `Paused after a failure, until ${paused.until}: resume ${name} lets it go on`;
      return saving === null
        ? 'Saving its outputs'
        : `Saving its outputs: ${saving.files} files, ${saving.bytes} bytes so far, now ${shorten(saving.current)}`;
    case 'sealed':
      return state.complaint ?? state.result?.message ?? state.doubt;
    case 'lost':
      return state.reason;
  }
}

function verdictOf(state: ContainerState): string | null {
  if (state.kind === 'lost') return state.ended?.verdict ?? 'lost';
  if (state.kind === 'saving') return state.ended.verdict;
  if (state.kind !== 'sealed') return null;
  return verdictOfSealed(state);
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
