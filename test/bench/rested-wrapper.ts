import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { killTree } from '../helpers/kill-tree.ts';
import { type Peer, placeOf } from './peer.ts';

/** Long after its start, ms: a job that is asked for something has usually run for a while. */
const restMs = 2_000;

/** A wrapper whose job waits for something, and which has long done all that its start has put off. */
export interface RestedWrapper extends Disposable {
  readonly process: ChildProcess;
  /** Where it keeps its files; null: nowhere. */
  readonly root: string | null;
  /** The next bytes of the job's output. */
  output(): Promise<Buffer>;
}

/** @param job prints something when it is ready */
export async function startRested(
  peer: Peer,
  directory: string,
  job: readonly string[],
): Promise<RestedWrapper> {
  const { root, args } = placeOf(peer, directory, job);
  const [file = '', ...rest] = args;
  const wrapper = spawn(file, rest, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const output = async () => {
    const [bytes] = await once(wrapper.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
    return bytes as Buffer;
  };
  await output();
  await pause(restMs);
  return {
    process: wrapper,
    root,
    output,
    [Symbol.dispose]: () => {
      if (wrapper.pid !== undefined) killTree(wrapper.pid);
    },
  };
}
