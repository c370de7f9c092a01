import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { Invocation } from '../../settings/cli/invocation.ts';
import type { ContainerState } from '../engine.ts';
import type { LaunchedJob } from '../job/launched-job.ts';
import { hasRun } from '../job/start-container.ts';
import { launchJob, leave } from '../launch-job.ts';
import type { StateDirectory } from '../state/state-directory.ts';
import { type ListedJob, listJobs } from './list-jobs.ts';
import { openRecorded } from './open-recorded.ts';

const everything = { most: limits.cleanedLaunches, except: null };

/**
 * Finishes what killed launchers have left: jobs that have ended are reported, and everything of them is removed. A job
 * that still runs, or that somebody follows or keeps, is left alone. A bounded number at a time.
 *
 * @returns one sentence for each
 */
export async function cleanJobs(
  state: StateDirectory,
  invocation: Invocation,
  { most, except }: { readonly most: number; readonly except: string | null } = everything,
): Promise<readonly string[]> {
  const said: string[] = [];
  const jobs = await listJobs(state);
  const left = jobs.filter((job) => isLeftOver(job) && job.key !== except);
  for (const { key } of left.slice(0, most)) {
    try {
      said.push(await finish(state, key, invocation));
    } catch (error) {
      said.push(`${key}: ${messageOf(error)}`);
    }
  }
  return said;
}

async function finish(state: StateDirectory, key: string, invocation: Invocation): Promise<string> {
  const directory = state.job(key);
  const record = directory.read();
  if (record === null || record.stage === 'preparing') {
    if (!directory.claim()) throw new Fault('usage', 'it is being launched');
    directory.remove();
    return `${key}: removed; it was not started`;
  }
  const job = await openRecorded(state, record, invocation);
  try {
    if (record.stage === 'creating') {
      await leave(job);
      return `${key}: removed; it was not started`;
    }
    if (record.elsewhere && record.stage !== 'ended') {
      const { kind } = await job.engine.look(job.container).then(asRunning);
      if (kind === 'running') {
        job.directory.release();
        return `${key}: runs elsewhere`;
      }
      if (kind === 'ended') return await report(job);
    }
    if (record.stage !== 'ended' && !hasRun(job.root)) {
      await leave(job);
      return `${key}: removed; it was not started`;
    }
    return await report(job);
  } finally {
    job.screen.stop();
  }
}

/** What will start by itself is not left over. */
function asRunning(state: ContainerState): ContainerState {
  return state.kind === 'created' && state.isRequested === true ? { kind: 'running' } : state;
}

async function report(job: LaunchedJob): Promise<string> {
  const { key } = job.directory;
  const status = await launchJob(job);
  return job.directory.read()?.stage === 'starting'
    ? `${key}: not everything could be reported; its volume stays in ${job.root}`
    : `${key}: finished (${status})`;
}

function isLeftOver({ launcher, state }: ListedJob): boolean {
  return launcher === null && ['sealed', 'lost', 'unseen'].includes(state);
}
