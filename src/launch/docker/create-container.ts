import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import type { ContainerState } from '../engine.ts';
import { engineReason, statusOf } from './connection/engine-fault.ts';

/**
 * Requests a container. One of the same name that never started is what a killed launcher has left, or what the engine
 * is just making for it: it is replaced. Aborted, nothing is left, even if the engine makes it later.
 *
 * @throws the engine's error; the signal's reason
 */
export async function createContainer(
  docker: Docker,
  request: ContainerCreateOptions,
  own: OwnContainer,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const created = docker.createContainer(request);
    try {
      return void (await unlessAborted(created, own.signal));
    } catch (error) {
      // The engine may create it after all: it must not stay, and never starts.
      if (own.signal.aborted) await created.then(own.remove, () => undefined);
      const again = isNameTaken(error) && tries < limits.createTries && (await makeWay(own));
      if (!again) throw error;
    }
  }
}

/** The container of that name. */
interface OwnContainer {
  look(): Promise<ContainerState>;
  remove(): Promise<void>;
  readonly signal: AbortSignal;
}

/** @returns false if it has been started */
async function makeWay({ look, remove, signal }: OwnContainer): Promise<boolean> {
  const { kind } = await look();
  // Absent: the engine has the name already, and the container not yet.
  if (kind === 'absent') await pause(limits.engineRetryMs, signal);
  if (kind === 'created') await remove();
  return kind === 'absent' || kind === 'created';
}

/** Podman answers 500. */
function isNameTaken(error: unknown): boolean {
  const status = statusOf(error);
  return status === 409 || (status === 500 && /name .*already in use/.test(engineReason(error)));
}
