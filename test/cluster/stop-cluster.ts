import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { until } from '../helpers/until.ts';
import { restoreMachine } from './machine.ts';
import { isOwned, removeOwner } from './owners.ts';
import { clusterLock, runDirectory } from './places.ts';
import { withLock } from './with-lock.ts';

/** A start and a stop together take less, ms. */
export const turnBoundMs = 10 * 60_000;
const pidFile = join(runDirectory, 'pid');

/** Stops the cluster, whoever needs it, and leaves nothing of it. */
export async function stopCluster(): Promise<void> {
  await withLock(clusterLock, 'the cluster is not being started or stopped', turnBoundMs, removeCluster);
}

/** Stops the cluster if nobody but this process needs it. */
export async function releaseCluster(owner?: number): Promise<void> {
  if (!existsSync(runDirectory)) return;
  await withLock(clusterLock, 'the cluster is not being started or stopped', turnBoundMs, async () => {
    if (owner !== undefined) await removeOwner(owner);
    if (!isOwned()) await removeCluster();
  });
}

/** The same for who holds the lock. */
export async function removeCluster(): Promise<void> {
  const pid = clusterProcess();
  if (pid !== null) {
    // `unshare --kill-child`: the first process of the namespace dies with it, and the kernel kills all others.
    process.kill(pid, 'SIGKILL');
    await until('the cluster has ended', () => clusterProcess() === null);
  }
  await restoreMachine();
  await removeDirectory();
}

/** The process ID of the running cluster; null: none runs. Its number can be another process's by now. */
export function clusterProcess(): number | null {
  if (!existsSync(pidFile)) return null;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes('node.sh') && command.includes(runDirectory) ? pid : null;
  } catch {
    return null; // It has ended.
  }
}

async function removeDirectory(): Promise<void> {
  // Pods' volumes are mounted in the namespace alone, and are gone with it. A bind of the machine must not be emptied.
  const { stdout } = await execa('findmnt', ['--noheadings', '--list', '--output', 'TARGET']);
  const mounted = stdout.split('\n').filter((path) => path.startsWith(`${runDirectory}/`));
  if (mounted.length > 0) throw new Error(`Still mounted: ${mounted.join(', ')}`);
  await rm(runDirectory, { recursive: true, force: true, maxRetries: 20 });
}
