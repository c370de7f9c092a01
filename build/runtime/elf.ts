/** What the build reads from a 64-bit little-endian ELF file (elf(5)). */
export interface Elf {
  /** `e_machine`. */
  readonly machine: number;
  /** The dynamic loader that it requests, or null. */
  readonly interpreter: string | null;
  /** The names of the required libraries, in order. */
  readonly needed: readonly string[];
}

/** `p_type` of the segments that the build knows. */
export const segmentKinds = { load: 1, dynamic: 2, interpreter: 3, table: 6 };
const executable = 1;
const codeAlignment = 16;
const tags = { end: 0n, needed: 1n, strings: 5n };

/** An entry of the program header table. */
export interface Segment {
  readonly kind: number;
  readonly flags: number;
  /** The file offset of its program header. */
  readonly header: number;
  readonly offset: number;
  readonly address: number;
  /** Bytes that the file has of it. */
  readonly bytes: number;
  /** Its offset and its address are the same modulo this. */
  readonly alignment: number;
}

/** @throws Error if the bytes are not such a file */
export function readElf(file: Buffer): Elf {
  if (file.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') {
    throw new Error('not a 64-bit little-endian ELF file');
  }
  const segments = segmentsOf(file);
  const interpreter = segments.find(({ kind }) => kind === segmentKinds.interpreter);
  return {
    machine: file.readUInt16LE(18),
    interpreter: interpreter === undefined ? null : textAt(file, interpreter.offset),
    needed: neededBy(file, segments),
  };
}

/**
 * The file without the parts that are never loaded: symbols, debugging information and the section table after the
 * last segment (as strip(1) does, but for any architecture).
 */
export function loadedPart(file: Buffer): Buffer {
  const end = Math.max(...segmentsOf(file).map(({ offset, bytes }) => offset + bytes));
  const part = Buffer.from(file.subarray(0, end));
  part.writeBigUInt64LE(0n, 40); // e_shoff
  part.writeUInt32LE(0, 60); // e_shnum, e_shstrndx
  return part;
}

/**
 * Adds code in the unused part of the page after the program's own code, and makes it the entry point.
 *
 * @param makeCode receives the code's address and the previous entry point
 * @throws Error if there is not enough space
 */
export function addCode(file: Buffer, makeCode: (at: number, entry: number) => Buffer): void {
  const segments = segmentsOf(file);
  const segment = segments.find(
    ({ kind, flags }) => kind === segmentKinds.load && (flags & executable) !== 0,
  );
  if (segment === undefined) throw new Error('no segment of the file is executable');
  const used = Math.ceil(segment.bytes / codeAlignment) * codeAlignment;
  const entry = Number(file.readBigUInt64LE(24));
  const code = makeCode(segment.address + used, entry);
  const target = file.subarray(segment.offset + used, segment.offset + used + code.length);
  const isWithin = (at: number, from: number) => at > from && at < from + used + code.length;
  const isTaken = segments.some(
    ({ kind, offset, address }) =>
      kind === segmentKinds.load && (isWithin(offset, segment.offset) || isWithin(address, segment.address)),
  );
  if (isTaken || target.length < code.length || target.some((byte) => byte !== 0))
    throw new Error(`no space for ${code.length} bytes of code after the program's own`);
  target.set(code);
  file.writeBigUInt64LE(BigInt(segment.address + used), 24);
  for (const size of [32, 40]) file.writeBigUInt64LE(BigInt(used + code.length), segment.header + size);
}

/** All segments of a file, in the order of its table. */
export function segmentsOf(file: Buffer): readonly Segment[] {
  const first = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const header = file.subarray(first + index * size, first + (index + 1) * size);
    return {
      kind: header.readUInt32LE(0),
      flags: header.readUInt32LE(4),
      header: first + index * size,
      offset: Number(header.readBigUInt64LE(8)),
      address: Number(header.readBigUInt64LE(16)),
      bytes: Number(header.readBigUInt64LE(32)),
      alignment: Number(header.readBigUInt64LE(48)),
    };
  });
}

function neededBy(file: Buffer, segments: readonly Segment[]): readonly string[] {
  const dynamic = segments.find(({ kind }) => kind === segmentKinds.dynamic);
  if (dynamic === undefined) return [];
  const entries = Array.from({ length: dynamic.bytes / 16 }, (_, index) => ({
    tag: file.readBigInt64LE(dynamic.offset + index * 16),
    value: Number(file.readBigUInt64LE(dynamic.offset + index * 16 + 8)),
  }));
  const end = entries.findIndex(({ tag }) => tag === tags.end);
  const used = end === -1 ? entries : entries.slice(0, end);
  const strings = used.find(({ tag }) => tag === tags.strings);
  if (strings === undefined) return [];
  const table = offsetOf(strings.value, segments);
  return used.filter(({ tag }) => tag === tags.needed).map(({ value }) => textAt(file, table + value));
}

/** The file offset of the byte that is loaded at this address. */
function offsetOf(address: number, segments: readonly Segment[]): number {
  const segment = segments.find(
    (candidate) =>
      candidate.kind === segmentKinds.load &&
      address >= candidate.address &&
      address < candidate.address + candidate.bytes,
  );
  if (segment === undefined) throw new Error(`no segment holds the address 0x${address.toString(16)}`);
  return address - segment.address + segment.offset;
}

function textAt(file: Buffer, offset: number): string {
  return file.toString('utf8', offset, file.indexOf(0, offset));
}
