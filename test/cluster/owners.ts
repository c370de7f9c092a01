import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDirectory } from './places.ts';

const directory = join(runDirectory, 'owners');

/** The owner of a cluster that a person has started: it runs until it is stopped. */
export const forEver = 1;

/**
 * The cluster runs as long as one of its owners, which are processes.
 * @throws Error if the process has ended: tests outlive a test run that was killed, and must not start a cluster again
 */
export async function addOwner(pid: number): Promise<void> {
  if (!existsSync(join('/proc', `${pid}`)))
    throw new Error(`Process ${pid}, which needs the cluster, has ended`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${pid}`), '');
}

/** The cluster is not needed any more by this process. */
export async function removeOwner(pid: number): Promise<void> {
  await rm(join(directory, `${pid}`), { force: true });
}

/** Whether a process that needs the cluster still runs. */
export function isOwned(): boolean {
  return existsSync(directory) && readdirSync(directory).some((pid) => existsSync(join('/proc', pid)));
}
