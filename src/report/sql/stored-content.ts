import { Readable } from 'node:stream';
import type { ArtifactRecord, ParameterRecord } from '../../contract/records.ts';
import type { Volume } from '../../contract/volume.ts';
import { contentTypeOf } from './content-type.ts';
import { lookAtOutput, type OutputFile } from './output-file.ts';

/** What an artifact's row holds: the output itself, or the address of one that is too large. */
export interface StoredContent extends Omit<OutputFile & { readonly kind: 'file' }, 'kind'> {
  readonly kind: 'content';
  readonly contentType: string;
}

/** Addresses, one a line (RFC 2483). */
const addresses = 'text/uri-list';

/**
 * Chooses what a row holds of an output.
 *
 * @param room bytes that a row can hold
 * @param url where the object store that keeps the results has the output, or null
 * @returns or why it cannot be stored, as a clause
 */
export async function storedContent(
  volume: Volume,
  { file, bytes, sha256 }: ParameterRecord | ArtifactRecord,
  { room, url }: { readonly room: number; readonly url: string | null },
): Promise<StoredContent | Extract<OutputFile, { kind: 'refused' }>> {
  // The store's sink checks it.
  if (bytes > room && url !== null) return addressOf(url);
  const found = await lookAtOutput(volume, file, sha256);
  if (found.kind === 'refused') return found;
  if (found.bytes <= room)
    return { ...found, kind: 'content', contentType: contentTypeOf(file, found.isText) };
  return url === null
    ? { kind: 'refused', reason: tooLarge(found.bytes, found.isText, room) }
    : addressOf(url);
}

function addressOf(url: string): StoredContent {
  const line = Buffer.from(`${url}\r\n`);
  return {
    kind: 'content',
    contentType: addresses,
    isText: true,
    bytes: line.length,
    pieces: () => Readable.from([line]),
  };
}

function tooLarge(bytes: number, isText: boolean, room: number): string {
  const size = `${bytes} bytes${isText ? '' : ' as base64'}`;
  return `is larger than one row can be (${size}, at most ${Math.max(0, room)})`;
}
