import { dirname } from 'node:path';
import { type Reasons, writeReasons } from '../base/error-reason.ts';
import { errnoOf, Fault, messageOf } from '../base/fault.ts';

/** EEXIST is mkdir(2)'s. */
const reasons: Reasons = { ...writeReasons, EEXIST: 'it is not a directory' };

/**
 * Performs one write on the volume and turns its error into a one-sentence message.
 *
 * @param path the path to be written, for the message
 * @throws Fault `volume`
 */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const known = reasons[errnoOf(cause) ?? ''];
    const reason =
      known === undefined ? messageOf(cause) : `${known} (${errnoOf(cause)}, in "${dirname(path)}")`;
    throw new Fault('volume', `Cannot write "${path}": ${reason}`, { cause });
  }
}
