import { limits } from '../../base/limits.ts';
import type { OutputLine } from '../../observe/line-packer.ts';

/** Placeholders for lines that were delivered and cannot be read again: they keep the numbering intact. */
export function lostLines(count: number): readonly OutputLine[] {
  return Array.from({ length: Math.min(count, limits.batchLines) }, () => ({ type: 'stderr', line: '' }));
}
