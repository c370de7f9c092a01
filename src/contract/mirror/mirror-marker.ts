import { closeSync, constants, fstatSync } from 'node:fs';
import { geteuid } from 'node:process';
import type { Volume } from '../volume.ts';

/** The directory on a mirror that holds the receiver's own state. */
export const mirrorDirectory = '.mirror';

/** The file in a container's directory on a mirror that says that its wrapper is gone. */
export const goneName = 'gone';

const writableByOthers = 0o022;

/**
 * Whether a volume is a mirror: the marker is there, and nobody but us may write to the root. There, the end of file of
 * `alive` alone says nothing about the wrapper: the receiver may have died (decision 92).
 */
export function isMirror(volume: Volume): boolean {
  if (!volume.has(mirrorDirectory)) return false;
  const root = volume.openAny('.', constants.O_RDONLY | constants.O_DIRECTORY);
  if ('kind' in root) return false;
  try {
    const { uid, mode } = fstatSync(root.descriptor);
    return uid === geteuid?.() && (mode & writableByOthers) === 0;
  } finally {
    closeSync(root.descriptor);
  }
}
