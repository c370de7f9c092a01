/** Bytes of a sigset_t in glibc on any 64-bit Linux: 1,024 bits, of which the kernel uses 64. */
const setBytes = 128;

/** A sigset_t (sigsetops(3)): bit n-1 represents signal n. */
export function signalSet(numbers: readonly number[]): Buffer {
  const set = Buffer.alloc(setBytes);
  for (const number of numbers) {
    const bit = number - 1;
    set.writeUInt8(set.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3);
  }
  return set;
}
