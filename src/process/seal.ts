import { join } from 'node:path';
import { errnoOf, Fault, sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { removeFile } from '../base/remove.ts';
import type { ContainerLayout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import type { Result } from '../contract/records.ts';

/**
 * Takes room for the result and the seal while there is some: a job that fills the volume is sealed all the same. Where
 * the volume is almost full already, less: a record with short words fits in there.
 * @throws the operating system's error
 */
export function reserveSeal(container: ContainerLayout): void {
  const { sealReserveBytes, smallSealReserveBytes } = limits;
  try {
    publish(reserveOf(container), Buffer.alloc(sealReserveBytes, ' '));
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
    publish(reserveOf(container), Buffer.alloc(smallSealReserveBytes, ' '));
  }
}

/**
 * Publishes the result and then, last of all, the seal.
 * @throws Fault `volume` when it cannot be written; then there is no seal, and nothing half-written
 */
export function seal(container: ContainerLayout, result: Result): void {
  try {
    removeFile(reserveOf(container));
    publish(container.result, `${JSON.stringify(result)}\n`);
    publish(container.exitCode, String(result.exitCode));
  } catch (cause) {
    throw new Fault('volume', `Cannot seal ${container.directory}: ${sentenceOf(cause)}`, { cause });
  }
}

function reserveOf(container: ContainerLayout): string {
  return join(container.directory, '.reserve');
}
