const magicBytes = 8;
const tarMagicAt = 257;

/** Known file types by their first bytes, in hexadecimal, for a file that should be a supported archive. */
const kinds: readonly (readonly [string, string])[] = [
  ['fd377a585a00', unsupported('it is compressed with xz')],
  ['425a68', unsupported('it is compressed with bzip2')],
  ['04224d18', unsupported('it is compressed with LZ4')],
  ['4c5a4950', unsupported('it is compressed with lzip')],
  ['894c5a4f', unsupported('it is compressed with lzop')],
  ['5d0000', unsupported('it is compressed with LZMA')],
  ['1f9d', unsupported('it is compressed with compress')],
  ['377abcaf271c', unsupported('it is a 7-Zip archive')],
  ['526172211a07', unsupported('it is a RAR archive')],
];

const notTar: typeof kinds = [
  ['504b0304', 'it is a ZIP file, not a tar'],
  ['504b0506', 'it is a ZIP file, not a tar'],
];
const notZip: typeof kinds = [
  ['1f8b', 'it is compressed with gzip, not a ZIP file'],
  ['28b52ffd', 'it is compressed with Zstandard, not a ZIP file'],
];

/** The clause that describes what a file is instead of the required archive; null if its type is unknown. */
export function foreignArchive(beginning: Buffer, wanted: 'tar' | 'zip'): string | null {
  const magic = beginning.toString('hex', 0, magicBytes);
  const others = wanted === 'tar' ? notTar : notZip;
  const known = [...kinds, ...others].find(([start]) => magic.startsWith(start))?.[1] ?? null;
  if (known !== null || wanted === 'tar') return known;
  const isTar = beginning.toString('latin1', tarMagicAt, tarMagicAt + 5) === 'ustar';
  return isTar ? 'it is a tar, not a ZIP file' : null;
}

/** A clause for an archive that is valid but unsupported. */
export function unsupported(what: string): string {
  return `${what}, which is not supported`;
}
