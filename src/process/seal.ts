import { Fault, sentenceOf } from '../base/fault.ts';
import type { ContainerLayout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import type { Result } from '../contract/records.ts';

/**
 * Publishes the result and then, last of all, the seal.
 * @throws Fault `volume` when it cannot be written; then there is no seal, and nothing half-written
 */
export function seal(container: ContainerLayout, result: Result): void {
  try {
    publish(container.result, `${JSON.stringify(result)}\n`);
    publish(container.exitCode, String(result.exitCode));
  } catch (cause) {
    throw new Fault('volume', `Cannot seal ${container.directory}: ${sentenceOf(cause)}`, { cause });
  }
}
