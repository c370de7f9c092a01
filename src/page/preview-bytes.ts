import { isUtf8 } from 'node:buffer';
import { extname } from 'node:path';
import { limits } from '../base/limits.ts';
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

/**
 * Makes the preview of a file that is no archive.
 *
 * @param path says by its end what the file may be
 * @param read gives its first bytes
 */
export async function previewBytes(
  path: string,
  size: number,
  read: (most: number) => Buffer | Promise<Buffer>,
): Promise<PagePreview> {
  const extension = extname(path).toLowerCase();
  const type = pictures[extension];
  if (type !== undefined) {
    if (size > limits.pagePictureBytes) return none('The picture is too large for this page.');
    return { kind: 'picture', type, base64: (await read(size)).toString('base64') };
  }
  const bytes = await read(Math.min(size, limits.pageTextBytes));
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
