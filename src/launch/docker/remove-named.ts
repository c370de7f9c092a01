import type Docker from 'dockerode';
import { statusOf } from './connection/engine-fault.ts';

/** Removes a container, running or not, with the anonymous volumes of its image; no error if it is gone. */
export async function removeNamed(docker: Docker, name: string): Promise<void> {
  try {
    await docker.getContainer(name).remove({ force: true, v: true });
  } catch (error) {
    // 409: it is being removed.
    if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
  }
}
