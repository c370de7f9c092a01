import { Volume } from '../../contract/volume.ts';
import { type ContainerStatus, describeContainers } from '../../observe/describe-containers.ts';
import type { LaunchDirectory } from '../state/launch-directory.ts';
import type { StateDirectory } from '../state/state-directory.ts';

/** One launched job as `list` shows it. Unknown values are null. */
export interface ListedJob {
  readonly key: string;
  readonly engine: string | null;
  /** `starting`, `running`, `saving`, `sealed`, `lost`, `kept`; `unseen`: it is elsewhere, and nobody mirrors it. */
  readonly state: string;
  readonly exitCode: number | null;
  /** RFC 3339. */
  readonly createdAt: string | null;
  /** The process that follows it; null: it was killed, or has finished. */
  readonly launcher: number | null;
  readonly image: string | null;
  readonly program: string | null;
  readonly volume: string | null;
}

/** The jobs that were launched and are not finished, and those that were kept. */
export async function listJobs(state: StateDirectory): Promise<readonly ListedJob[]> {
  const jobs: ListedJob[] = [];
  for (const directory of state.jobs()) jobs.push(await describe(directory));
  return jobs;
}

async function describe(directory: LaunchDirectory): Promise<ListedJob> {
  const record = directory.read();
  const launcher = directory.isFollowed ? directory.launcher : null;
  const { key } = directory;
  if (record === null) {
    const unknown = {
      engine: null,
      exitCode: null,
      createdAt: null,
      image: null,
      program: null,
      volume: null,
    };
    return { key, state: launcher === null ? 'lost' : 'starting', launcher, ...unknown };
  }
  const { engine, createdAt, image, program, root } = record;
  const known = { key, engine, createdAt, launcher, image, program, volume: root };
  // Not kept: its launcher was killed while it removed the job.
  if (record.stage === 'ended')
    return { ...known, state: record.kept ? 'kept' : 'sealed', exitCode: record.exitCode };
  if (record.stage !== 'starting')
    return { ...known, state: launcher === null ? 'lost' : 'starting', exitCode: null };
  const main = await mainOf(root);
  const isUnseen = record.elsewhere && launcher === null && main?.state !== 'sealed';
  return { ...known, state: isUnseen ? 'unseen' : stateOf(main), exitCode: main?.exitCode ?? null };
}

/** The state of its container; null if the volume is gone. */
async function mainOf(root: string): Promise<ContainerStatus | null> {
  try {
    const volume = new Volume(root);
    try {
      return (await describeContainers(volume, ['main'])).find(({ name }) => name === 'main') ?? null;
    } finally {
      volume.close();
    }
  } catch {
    return null;
  }
}

function stateOf(main: ContainerStatus | null): string {
  if (main === null) return 'lost';
  return main.state === 'waiting' ? 'starting' : main.state;
}
