/** Castagnoli's polynomial, its bits reversed. */
const polynomial = 0x82f63b78;

/**
 * The CRC-32C of two pieces of content, one behind the other, from theirs: nobody reads the content again. As zlib's
 * `crc32_combine`, with another polynomial.
 *
 * @param bytes of the second piece
 */
export function combineCrc32c(first: number, second: number, bytes: number): number {
  // Multiplies the first one by x^(8 * bytes): in steps of its binary digits.
  let power = 0x00800000;
  let product = first;
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) product = multiplied(product, power);
    power = multiplied(power, power);
  }
  return (product ^ second) >>> 0;
}

/** As the store writes it: four bytes, big-endian, in base64. Null: it is none, or something else. */
export function crc32cFrom(text: string): number | null {
  return /^[A-Za-z0-9+/]{6}==$/.test(text) ? Buffer.from(text, 'base64').readUInt32BE() : null;
}

/** Two polynomials, modulo the one above. The highest bit is x^0. */
function multiplied(a: number, b: number): number {
  let [product, factor] = [0, b];
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 1 ? (factor >>> 1) ^ polynomial : factor >>> 1;
  }
  return product >>> 0;
}
