import { createHash } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import { lockFile } from '../../kernel/lock.ts';

const hashCharacters = 12;

/**
 * Waits until no other launch of this installation, and no helm that one has left, changes the release. Helm gets the file,
 * too: the kernel unlocks it when both have ended, however they end.
 *
 * @param of.waiting called if it has to wait
 * @returns an open file, locked until it is closed
 * @throws Fault `volume`; the signal's reason
 */
export async function holdRelease(of: {
  /** The state directory. */
  readonly state: string;
  readonly server: string;
  readonly namespace: string;
  readonly release: string;
  readonly waiting: () => void;
  readonly signal: AbortSignal;
}): Promise<number> {
  const { server, namespace, release, signal } = of;
  const hash = createHash('sha256').update(`${server}\n${namespace}\n${release}`).digest('hex');
  const file = openLock(join(of.state, 'releases'), `${release}-${hash.slice(0, hashCharacters)}.lock`);
  while (lockFile(file) === 'taken') {
    of.waiting();
    await pause(limits.releaseLookMs, signal);
    if (!signal.aborted) continue;
    closeSync(file);
    throw signal.reason;
  }
  return file;
}

function openLock(directory: string, name: string): number {
  const path = join(directory, name);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (cause) {
    throw new Fault('volume', `Cannot use the state directory: ${messageOf(cause)}`, { cause });
  }
}
