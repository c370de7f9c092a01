/** The machine code of a listing: its left column, bytes in order. */
export function fromBytes(listing: string): Buffer {
  return Buffer.concat(codesOf(listing).map((code) => Buffer.from(code.replaceAll(' ', ''), 'hex')));
}

/** The same for a left column of instruction words, which are little-endian. */
export function fromInstructions(listing: string): Buffer {
  return Buffer.concat(codesOf(listing).map((code) => Buffer.from(code, 'hex').reverse()));
}

function codesOf(listing: string): readonly string[] {
  return listing.split('\n').flatMap((line) => /^([0-9a-f]+(?: [0-9a-f]{2})*) {2}/.exec(line)?.[1] ?? []);
}
