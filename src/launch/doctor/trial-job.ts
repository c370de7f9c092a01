import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { Volume } from '../../contract/volume.ts';
import { noContainerOptions } from '../../settings/verbs/container-options.ts';
import { type Engine, type EngineJob, labels } from '../engine.ts';
import { prepareVolume } from '../job/prepare-volume.ts';
import { StateDirectory } from '../state/state-directory.ts';

/** What a trial runs. */
export interface Trial {
  readonly engine: Engine;
  /** The program of the pod. */
  readonly podProgram: string;
  readonly state: string;
  readonly image: string | null;
  readonly command: readonly string[];
  /** The directory of the installed program; empty: the engine needs none. */
  readonly programs: string;
  /** `UID:GID`, or null. */
  readonly user: string | null;
}

/** How it ended. */
export interface TrialEnd {
  readonly exitCode: number;
  readonly stdout: string;
}

/**
 * Runs a job as `launch` does: a volume, the emissary in front of the command, the seal. Its directory and its container
 * are removed.
 *
 * @throws Fault `engine`, `volume` if it does not come to its seal
 */
export async function tryJob(trial: Trial, signal: AbortSignal): Promise<TrialEnd> {
  const job = jobOf(trial);
  try {
    const { volume, secrets } = job.places;
    mkdirSync(secrets, { recursive: true, mode: 0o755 });
    await prepareVolume({
      program: trial.podProgram,
      root: volume,
      template: null,
      environment: {},
      note: () => undefined,
    });
    return await run(trial.engine, job, signal);
  } finally {
    await removeDirectory(trial.engine, job);
  }
}

function jobOf({ state, image, command, programs, user }: Trial): EngineJob {
  const key = `doctor-${randomBytes(4).toString('hex')}`;
  const own = join(state, key);
  const { installation } = new StateDirectory(state);
  return {
    name: `emissary-${installation}-${key}`,
    labels: { [labels.installation]: installation, [labels.job]: key },
    image,
    command,
    environment: { EMISSARY_CAPTURE_ONLY: 'true' },
    pod: null,
    places: { own, volume: join(own, 'volume'), program: programs, secrets: join(own, 'secrets') },
    resources: { user, cpus: null, memory: null, network: 'none', mounts: [], container: noContainerOptions },
    pull: 'never',
  };
}

async function run(engine: Engine, job: EngineJob, signal: AbortSignal): Promise<TrialEnd> {
  try {
    await engine.create(job, () => undefined, signal);
    await engine.start(job, () => undefined, { tooLate: signal, cancel: signal });
    const { exitCode, reason } = await Promise.race([engine.ended(job, signal), rejectOn(signal)]);
    const seal = readIn(job, 'exitcode');
    if (seal !== null) return { exitCode: Number(seal), stdout: readIn(job, 'stdout') ?? '' };
    const said = (await engine.messages(job)).trim();
    const how = reason ?? `it exited with ${exitCode ?? 'an unknown code'}`;
    throw new Fault('engine', `it was not sealed: ${how}${said === '' ? '' : `: ${said}`}`);
  } catch (error) {
    // It may run on where the engine does not answer.
    await engine.kill(job).catch(() => undefined);
    throw error;
  } finally {
    await engine.remove(job);
  }
}

/** Rejects when the signal is aborted: an engine may wait longer for the job. */
function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Null if there is none. */
function readIn({ places }: EngineJob, name: string): string | null {
  const volume = new Volume(places.volume);
  try {
    const found = volume.read(`ctr/main/${name}`, limits.trialOutputBytes);
    return found.kind === 'read' ? found.bytes.toString() : null;
  } finally {
    volume.close();
  }
}

async function removeDirectory(engine: Engine, { places }: EngineJob): Promise<void> {
  try {
    rmSync(places.own, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Files of the job's user, which only the engine may remove.
    await engine.removeFiles(places.own);
  }
}
