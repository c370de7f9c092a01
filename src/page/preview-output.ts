import { isUtf8 } from 'node:buffer';
import { closeSync } from 'node:fs';
import { extname } from 'node:path';
import { limits } from '../base/limits.ts';
import { readUpTo } from '../base/read-regular.ts';
import type { ArtifactRecord, ParameterRecord } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { archiveEntries } from './archive-entries.ts';
import type { PagePreview } from './page-model.ts';

/** Pictures that a browser shows; none of them runs as a script in an `img` element. */
const pictures: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.svg': 'image/svg+xml',
};

/** Reads previews of outputs, as long as there is room on the page. */
export class PreviewReader {
  readonly #volume: Volume;
  #room: number = limits.pagePreviewsBytes;
  readonly #budget = { bytes: limits.pageArchiveBytes };

  constructor(volume: Volume) {
    this.#volume = volume;
  }

  async of(record: ParameterRecord | ArtifactRecord): Promise<PagePreview> {
    if (this.#room <= 0) return none('There is no room for its preview on this page.');
    // The record may be forged.
    const opened = record.file.startsWith('outputs/') ? this.#volume.openFile(record.file) : null;
    if (opened === null || 'kind' in opened) return none('It cannot be read.');
    try {
      const archive = 'archive' in record ? record.archive : 'none';
      const preview =
        archive === 'none'
          ? bare(opened.descriptor, opened.size, record.path)
          : await archiveEntries(opened.descriptor, archive, this.#budget);
      this.#room -= JSON.stringify(preview).length;
      return preview;
    } catch {
      return none('It cannot be read.');
    } finally {
      closeSync(opened.descriptor);
    }
  }
}

/** A preview of a file that is no archive. */
function bare(descriptor: number, size: number, path: string): PagePreview {
  const extension = extname(path).toLowerCase();
  const type = pictures[extension];
  if (type !== undefined) {
    if (size > limits.pagePictureBytes) return none('The picture is too large for this page.');
    return { kind: 'picture', type, base64: readUpTo(descriptor, size).toString('base64') };
  }
  const bytes = readUpTo(descriptor, Math.min(size, limits.pageTextBytes));
  const isWhole = bytes.length === size;
  if (bytes.includes(0) || !isUtf8(isWhole ? bytes : withoutCut(bytes))) return none('It is no text.');
  const text = bytes.toString();
  if (extension === '.csv') return { kind: 'csv', text, isWhole };
  return { kind: extension === '.json' || isJson(text) ? 'json' : 'text', text, isWhole };
}

/** Without the last character, which may be cut. */
function withoutCut(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && end > bytes.length - 4 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, Math.max(0, end - 1));
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function none(reason: string): PagePreview {
  return { kind: 'none', reason };
}
