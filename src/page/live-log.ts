import { limits } from '../base/limits.ts';
import { containerNamePattern } from '../contract/container-name.ts';
import type { Volume } from '../contract/volume.ts';
import { bytesOf } from './bytes-of.ts';

/** The files of a log, which only grow. */
const files = ['timeline', 'stdout', 'stderr'];

/**
 * What a file of a running container's log has from a position on, up to a bound: the reader asks again.
 *
 * @param path the container's name, and the file's
 * @returns null: there is no such log
 */
export function liveLog(
  volume: Volume,
  path: readonly string[],
  from: number,
): AsyncGenerator<Buffer> | null {
  const [container = '', file = '', stray] = path;
  const isLog = stray === undefined && containerNamePattern.test(container) && files.includes(file);
  if (!isLog || !Number.isSafeInteger(from) || from < 0) return null;
  const name = `ctr/${container}/${file}`;
  return bytesOf(volume, name, from, Math.min(volume.sizeOf(name) ?? 0, from + limits.pageServedBytes));
}
