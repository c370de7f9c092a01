import { type Segment, segmentKinds, segmentsOf } from './elf.ts';

/** What stands where nothing is read. Nothing else in a program looks like this. */
const mark = Buffer.from('emissary: unused');
/** Fields of the ELF header, and of an entry in the table of segments (elf(5)). */
const header = { table: 32, entries: 56 };
const fields = { offset: 8, address: 16, physicalAddress: 24, fileBytes: 32, memoryBytes: 40 };
const entryBytes = 56;
const tableAlignment = 8;

/** A part of a file. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Marks a part of a program that is never read, for `cutUnused`. */
export function markUnused(file: Buffer, start: number, end: number): void {
  file.fill(mark, start, end);
}

/**
 * Removes the part that `markUnused` has marked from a program, which makes the file shorter. The segment that had it is
 * split in two, and all other bytes keep their addresses. The removed part is not mapped: reading it ends the program.
 *
 * The table of segments needs one more entry and moves to the beginning of the marked part. It has to stand in front of
 * the cut: Linux before 5.18 calculates its address from its offset, as if nothing were missing.
 *
 * @param file one without a section table (`loadedPart`)
 * @throws Error when there is no marked part, or it is not within a single segment
 */
export function cutUnused(file: Buffer): Buffer {
  const segments = segmentsOf(file);
  const unused = markedPart(file);
  const touched = segments.filter(
    ({ offset, bytes }) => offset < unused.end && offset + bytes > unused.start,
  );
  const [holder] = touched;
  if (holder === undefined || touched.length > 1 || holder.kind !== segmentKinds.load)
    throw new Error(`The unused bytes ${unused.start} to ${unused.end} are not within one loaded segment.`);
  const table = { start: roundUp(unused.start, tableAlignment), bytes: (segments.length + 1) * entryBytes };
  const cut = wholePages({ start: table.start + table.bytes, end: unused.end }, segments);
  const entries = segments.flatMap((segment) => {
    const entry = Buffer.from(file.subarray(segment.header, segment.header + entryBytes));
    if (segment === holder) return halves(entry, segment, cut);
    if (segment.kind === segmentKinds.table) place(entry, table, holder);
    else if (segment.offset >= cut.end) add(entry, ['offset'], cut.start - cut.end);
    return [entry];
  });
  const shorter = Buffer.concat([file.subarray(0, cut.start), file.subarray(cut.end)]);
  shorter.set(Buffer.concat(entries), table.start);
  shorter.writeBigUInt64LE(BigInt(table.start), header.table);
  shorter.writeUInt16LE(entries.length, header.entries);
  return shorter;
}

function markedPart(file: Buffer): Range {
  const start = file.indexOf(mark);
  const end = file.lastIndexOf(mark) + mark.length;
  if (start === -1) throw new Error('No part of the program is marked as unused.');
  if (!file.subarray(start, end).equals(Buffer.alloc(end - start, mark)))
    throw new Error(`Between the bytes ${start} and ${end}, not all are marked as unused.`);
  return { start, end };
}

function wholePages({ start, end }: Range, segments: readonly Segment[]): Range {
  const loaded = segments.filter(({ kind }) => kind === segmentKinds.load);
  const page = Math.max(...loaded.map(({ alignment }) => alignment));
  const pages = { start: roundUp(start, page), end: Math.floor(end / page) * page };
  if (pages.start >= pages.end) throw new Error(`The unused bytes ${start} to ${end} have no whole page.`);
  return pages;
}

function roundUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** The entries for the two parts of a segment, in front of the cut and behind it. */
function halves(entry: Buffer, { offset, bytes }: Segment, cut: Range): readonly Buffer[] {
  const front = Buffer.from(entry);
  add(front, ['fileBytes', 'memoryBytes'], cut.start - offset - bytes);
  const back = Buffer.from(entry);
  add(back, ['offset'], cut.start - offset);
  add(back, ['address', 'physicalAddress'], cut.end - offset);
  add(back, ['fileBytes', 'memoryBytes'], offset - cut.end);
  return [front, back];
}

/** Makes an entry that of the table itself. */
function place(entry: Buffer, table: { start: number; bytes: number }, holder: Segment): void {
  const address = holder.address + table.start - holder.offset;
  set(entry, ['offset'], table.start);
  set(entry, ['address', 'physicalAddress'], address);
  set(entry, ['fileBytes', 'memoryBytes'], table.bytes);
}

function add(entry: Buffer, names: readonly (keyof typeof fields)[], difference: number): void {
  for (const name of names) set(entry, [name], Number(entry.readBigUInt64LE(fields[name])) + difference);
}

function set(entry: Buffer, names: readonly (keyof typeof fields)[], value: number): void {
  for (const name of names) entry.writeBigUInt64LE(BigInt(value), fields[name]);
}
