import { crc32 } from 'node:zlib';
import { Header, Pax } from 'tar';
import {
  directoryRecord,
  endOfDirectory,
  localHeader,
  type ZipEntry,
} from '../../src/outputs/pack/zip-records.ts';

/** A member of a hand-made archive, however hostile. */
export interface MadeMember {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'FIFO' | 'CharacterDevice' | 'BlockDevice';
  readonly linkpath?: string;
  readonly content?: Buffer | string;
  /** The size in the header, if it is not the content's. */
  readonly size?: number;
  readonly mode?: number;
}

const blockBytes = 512;
const empty = Buffer.alloc(0);

/** A tar of these members, with their names unchanged. */
export function makeTar(members: readonly MadeMember[]): Buffer {
  const parts = members.flatMap(
    ({ path, type = 'File', linkpath = '', content = '', size, mode = 0o644 }) => {
      const bytes = Buffer.from(content);
      const block = Buffer.alloc(blockBytes);
      const fields = { path, type, linkpath, mode, uid: 0, gid: 0, mtime: new Date(0) };
      const needsMore = new Header({ ...fields, size: size ?? bytes.length }).encode(block);
      const more = needsMore ? new Pax({ path, ...(linkpath !== '' && { linkpath }) }).encode() : empty;
      return [more, block, bytes, Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes)];
    },
  );
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

const kinds: Readonly<Record<string, number>> = {
  Directory: 0o040000,
  SymbolicLink: 0o120000,
  FIFO: 0o010000,
  CharacterDevice: 0o020000,
};

/** A ZIP file of these members, stored; a link's text is its content. */
export function makeZip(members: readonly MadeMember[], changes: Partial<ZipEntry> = {}): Buffer {
  const parts: Buffer[] = [];
  const records: Buffer[] = [];
  let offset = 0;
  for (const { path, type = 'File', linkpath = '', content = '', mode = 0o644 } of members) {
    const bytes = Buffer.from(type === 'SymbolicLink' ? linkpath : content);
    const entry: ZipEntry = {
      name: Buffer.from(path).toString('latin1'),
      mode: (kinds[type] ?? 0o100000) | mode,
      mtime: 0,
      deflated: false,
      checksum: crc32(bytes),
      packedBytes: bytes.length,
      bytes: bytes.length,
      offset,
      streamed: false,
      large: false,
      ...changes,
    };
    const header = localHeader(entry);
    parts.push(header, bytes);
    records.push(directoryRecord(entry));
    offset += header.length + bytes.length;
  }
  const directory = Buffer.concat(records);
  return Buffer.concat([...parts, directory, endOfDirectory(records.length, offset, directory.length)]);
}
