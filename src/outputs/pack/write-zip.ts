import type { Member } from '../find/member.ts';
import type { SavedFile } from '../saved-file.ts';
import { type ZipOptions, ZipWriter } from './zip-writer.ts';

/**
 * Writes members as a ZIP file, compressed on all cores, with modes, times and links as in Info-ZIP; reproducible.
 * @throws Stopped, NotSaved
 */
export async function writeZip(
  members: Iterable<Member | null>,
  file: SavedFile,
  options: ZipOptions,
): Promise<void> {
  const zip = new ZipWriter(file, options);
  try {
    for (const member of members) {
      if (member?.kind === 'file') await zip.addFile(member);
      else if (member !== null) zip.addSmall(member, Buffer.from(member.target, 'latin1'));
      await zip.throttle();
    }
    await zip.end();
  } finally {
    zip.close();
  }
}
