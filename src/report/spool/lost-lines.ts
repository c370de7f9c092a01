import { limits } from '../../base/limits.ts';
import type { OutputLine } from '../../observe/line-packer.ts';

/** Stands for lines that were delivered and cannot be read again: their numbers hold all the same. */
export function lostLines(count: number): readonly OutputLine[] {
  return Array.from({ length: Math.min(count, limits.batchLines) }, () => ({ type: 'stderr', line: '' }));
}
