import type { Architecture } from '../architecture.ts';

const headerBytes = 64 + 2 * 56;
const address = 0x400000n;

/** A static program without any library: its code from the first byte on, then its data on a boundary of 8 bytes. */
export function staticProgram(architecture: Architecture, code: Buffer, data: Buffer): Buffer {
  const image = Buffer.concat([code, Buffer.alloc(-code.length & 7), data]);
  return Buffer.concat([elfHeader(architecture, image.length), image]);
}

/** One segment to read and execute, and a stack that is not executable (elf(5)). */
function elfHeader(architecture: Architecture, imageBytes: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // 64 bits, little-endian
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE({ x64: 62, arm64: 183 }[architecture], 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(address + BigInt(headerBytes), 24); // the entry
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(2, 56);
  header.writeUInt32LE(1, 64); // PT_LOAD
  header.writeUInt32LE(5, 68); // read, execute
  header.writeBigUInt64LE(address, 80);
  header.writeBigUInt64LE(address, 88);
  header.writeBigUInt64LE(BigInt(headerBytes + imageBytes), 96);
  header.writeBigUInt64LE(BigInt(headerBytes + imageBytes), 104);
  header.writeBigUInt64LE(0x10000n, 112); // the largest page of either processor
  header.writeUInt32LE(0x6474e551, 120); // PT_GNU_STACK
  header.writeUInt32LE(6, 124); // read, write
  header.writeBigUInt64LE(16n, 168);
  return header;
}
