import { Fault } from '../../base/fault.ts';
import type { ArchiveStrategy } from './template.ts';
import type { RawArchive } from './template-schema.ts';

/** How an artifact is packed. @throws Fault `template` */
export function toStrategy(raw: RawArchive, where: string): ArchiveStrategy {
  const named = Object.keys(raw);
  if (named.length > 1) {
    throw new Fault(
      'template',
      `Invalid template ${where}: must have one strategy, found ${named.join(' and ')}`,
    );
  }
  if (raw.zip !== undefined) return { kind: 'zip' };
  const xattrs = (raw.none ?? raw.zstd ?? raw.tar)?.xattrs === true;
  if (raw.none !== undefined) return { kind: 'none', xattrs };
  if (raw.zstd !== undefined) return { kind: 'zstd', level: raw.zstd.level ?? 3, xattrs };
  return { kind: 'tar', compressionLevel: raw.tar?.compressionLevel ?? 6, xattrs };
}
