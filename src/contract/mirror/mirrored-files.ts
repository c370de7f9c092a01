import { limits } from '../../base/limits.ts';
import { containerNamePattern } from '../container-name.ts';

/** Files of a container that only grow, in the order in which they travel: the timeline never runs ahead of the streams. */
export const growingFiles = ['stdout', 'stderr', 'combined', 'timeline', 'usage'] as const;

/** Files of a container that appear whole and travel while its job runs, with their largest size in bytes. */
export const liveRecords = {
  started: limits.startedBytes,
  ended: limits.startedBytes,
  saving: limits.startedBytes,
};

/** Those that travel when the container has ended, the seal last. */
export const finalRecords = { 'result.json': limits.resultBytes, exitcode: limits.exitCodeBytes };

/** Files of the root that appear whole, with their largest size in bytes. */
export const rootRecords = { template: limits.templateBytes, progress: limits.progressTailBytes };

const containerRecords: Readonly<Record<string, number>> = { ...liveRecords, ...finalRecords };

/** What a path of the volume is for a mirror, and the container that it belongs to. */
export type MirroredPath =
  | { readonly kind: 'growing' | 'record'; readonly container: string; readonly limit: number }
  | { readonly kind: 'record' | 'output'; readonly container: null; readonly limit: number };

/**
 * Which of the mirrored files a path names: `ctr/main/stdout`, `outputs/artifacts/tmp/a.tgz`.
 *
 * @param path relative, each byte a character (latin1)
 * @returns null if it is none of them, or leads out of the volume
 */
export function mirroredPath(path: string): MirroredPath | null {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) return null;
  const [first = '', second = '', third = ''] = parts;
  if (parts.length === 1 && Object.hasOwn(rootRecords, first))
    return { kind: 'record', container: null, limit: rootRecords[first as keyof typeof rootRecords] };
  if (first === 'outputs' && (second === 'parameters' || second === 'artifacts') && parts.length > 2)
    return fits(path) ? { kind: 'output', container: null, limit: Number.MAX_SAFE_INTEGER } : null;
  if (first !== 'ctr' || parts.length !== 3 || !containerNamePattern.test(second)) return null;
  if ((growingFiles as readonly string[]).includes(third))
    return { kind: 'growing', container: second, limit: Number.MAX_SAFE_INTEGER };
  const limit = Object.hasOwn(containerRecords, third) ? containerRecords[third] : undefined;
  // One byte more: what is too large on the volume must be too large on the mirror.
  return limit === undefined ? null : { kind: 'record', container: second, limit: limit + 1 };
}

function fits(path: string): boolean {
  return path.length <= limits.linkBytes && path.split('/').length <= limits.mirrorDepth;
}
