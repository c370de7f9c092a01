import { dirname } from 'node:path';
import { errnoOf, Fault, messageOf } from '../base/fault.ts';
import { outOfSpaceReasons } from '../base/out-of-space.ts';

/** Readable reasons for the usual errors, by errno name. */
const reasons: Readonly<Record<string, string>> = {
  ...outOfSpaceReasons,
  EROFS: 'the volume is mounted read-only',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'a directory is in its place',
};

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
