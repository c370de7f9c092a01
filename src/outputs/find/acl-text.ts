/** acl(5), posix_acl_xattr.h in the kernel. */
const version = 2;
const headerBytes = 4;
const entryBytes = 8;
const kinds: Readonly<Record<number, string>> = {
  1: 'user',
  2: 'user',
  4: 'group',
  8: 'group',
  16: 'mask',
  32: 'other',
};
const named: readonly number[] = [2, 8];

/**
 * An ACL as text with numeric users and groups, as `getfacl --numeric` prints and GNU tar stores it; null if the bytes
 * are not an ACL.
 */
export function aclText(bytes: Buffer): string | null {
  const isFit = bytes.length > headerBytes && (bytes.length - headerBytes) % entryBytes === 0;
  if (!isFit || bytes.readUInt32LE(0) !== version) return null;
  const lines: string[] = [];
  for (let at = headerBytes; at < bytes.length; at += entryBytes) {
    const [tag, rights] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    const kind = kinds[tag];
    if (kind === undefined) return null;
    const who = named.includes(tag) ? String(bytes.readUInt32LE(at + 4)) : '';
    const letters = ['r', 'w', 'x'].map((letter, index) => ((rights & (4 >> index)) === 0 ? '-' : letter));
    lines.push(`${kind}:${who}:${letters.join('')}`);
  }
  return `${lines.join('\n')}\n`;
}
