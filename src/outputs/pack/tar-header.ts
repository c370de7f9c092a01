import { isUtf8 } from 'node:buffer';
import { Header, Pax } from 'tar';
import { type BytePath, isAscii, textOf } from '../find/byte-path.ts';
import type { Attributes, Member } from '../find/member.ts';
import { paxHeader } from './pax-header.ts';

/** Size of a tar block in bytes (POSIX.1, pax). */
export const tarBlockBytes = 512;
/** Characters of the name in a header that follows a header with the full name. */
const shortName = 99;

/**
 * The header of a tar member: POSIX ustar, preceded by a pax header if ustar is not enough (long or non-ASCII names, 8
 * GiB and more), or by GNU long names if a name is not UTF-8. Owners are 0, so that a job's random user does not
 * change the archive.
 *
 * @param original for a hard link, the archive name of the file that it links to; else null
 */
export function tarHeader(member: Member, original: BytePath | null): Buffer {
  const name = member.kind === 'directory' ? `${member.name}/` : member.name;
  const link = original ?? (member.kind === 'link' ? member.target : '');
  if (!isText(name) || !isText(link)) return rawHeader(member, name, link, original !== null);
  const fields = {
    ...common(member, original !== null),
    path: textOf(name),
    ...(link !== '' && { linkpath: textOf(link) }),
  };
  const attributes = original === null ? (member.attributes ?? null) : null;
  const block = Buffer.alloc(tarBlockBytes);
  // No header can hold such a long name, and node-tar would try to split it at each slash.
  const isLong = fields.path.length > tarBlockBytes;
  const header = new Header(isLong ? { ...fields, path: fields.path.slice(0, shortName) } : fields);
  const needsMore = header.encode(block) || isLong;
  if (attributes !== null) return Buffer.concat([withAttributes(fields, attributes), block]);
  if (!needsMore) return block;
  return Buffer.concat([new Pax(fields).encode(), block]);
}

/** One header for everything: a second one would replace the first. */
function withAttributes(
  fields: { readonly path: string; readonly linkpath?: string; readonly size: number },
  attributes: Attributes,
): Buffer {
  const { path, linkpath, size } = fields;
  const texts = Object.entries({ path, size: String(size), ...(linkpath !== undefined && { linkpath }) });
  return paxHeader([...texts.map(([name, text]) => [name, Buffer.from(text)] as const), ...attributes]);
}

function common(member: Member, isHardLink: boolean) {
  return {
    mode: member.mode,
    uid: 0,
    gid: 0,
    size: isHardLink ? 0 : member.size,
    mtime: new Date(member.mtime * 1000),
    type: isHardLink ? ('Link' as const) : types[member.kind],
  };
}

const types = { file: 'File', directory: 'Directory', link: 'SymbolicLink' } as const;

function isText(path: BytePath): boolean {
  return isAscii(path) || isUtf8(Buffer.from(path, 'latin1'));
}

/** Names go into GNU long-name records as raw bytes, which every reader of that format accepts. */
function rawHeader(member: Member, name: BytePath, link: BytePath, isHardLink: boolean): Buffer {
  const block = Buffer.alloc(tarBlockBytes);
  new Header({
    ...common(member, isHardLink),
    path: 'name',
    ...(link !== '' && { linkpath: 'link' }),
  }).encode(block);
  const attributes = isHardLink ? undefined : member.attributes;
  return Buffer.concat([
    ...(attributes === undefined ? [] : [paxHeader(attributes)]),
    longRecord('NextFileHasLongPath', name),
    ...(link === '' ? [] : [longRecord('NextFileHasLongLinkpath', link)]),
    block,
  ]);
}

function longRecord(type: 'NextFileHasLongPath' | 'NextFileHasLongLinkpath', path: BytePath): Buffer {
  const size = path.length + 1;
  const record = Buffer.alloc(tarBlockBytes + Math.ceil(size / tarBlockBytes) * tarBlockBytes);
  new Header({ path: '././@LongLink', mode: 0o644, uid: 0, gid: 0, size, mtime: new Date(0), type }).encode(
    record,
  );
  record.write(path, tarBlockBytes, 'latin1');
  return record;
}
