const magicBytes = 8;
const tarMagicAt = 257;

/** What a file is by its first bytes, in hexadecimal, where an archive that can be unpacked is wanted. */
const kinds: readonly (readonly [string, string])[] = [
  ['fd377a585a00', unsupported('it is compressed by xz')],
  ['425a68', unsupported('it is compressed by bzip2')],
  ['04224d18', unsupported('it is compressed by LZ4')],
  ['4c5a4950', unsupported('it is compressed by lzip')],
  ['894c5a4f', unsupported('it is compressed by lzop')],
  ['5d0000', unsupported('it is compressed by LZMA')],
  ['1f9d', unsupported('it is compressed by compress')],
  ['377abcaf271c', unsupported('it is a 7-Zip archive')],
  ['526172211a07', unsupported('it is a RAR archive')],
];

const notTar: typeof kinds = [
  ['504b0304', 'it is a ZIP file, not a tar'],
  ['504b0506', 'it is a ZIP file, not a tar'],
];
const notZip: typeof kinds = [
  ['1f8b', 'it is compressed by gzip, and no ZIP file'],
  ['28b52ffd', 'it is compressed by Zstandard, and no ZIP file'],
];

/** The clause that tells what a file is instead of the archive that was wanted; null where it is nothing known. */
export function foreignArchive(beginning: Buffer, wanted: 'tar' | 'zip'): string | null {
  const magic = beginning.toString('hex', 0, magicBytes);
  const others = wanted === 'tar' ? notTar : notZip;
  const known = [...kinds, ...others].find(([start]) => magic.startsWith(start))?.[1] ?? null;
  if (known !== null || wanted === 'tar') return known;
  const isTar = beginning.toString('latin1', tarMagicAt, tarMagicAt + 5) === 'ustar';
  return isTar ? 'it is a tar, not a ZIP file' : null;
}

/** What we leave unpacked is not broken. */
export function unsupported(what: string): string {
  return `${what}, which is not supported`;
}
