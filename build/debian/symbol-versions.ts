import { type Segment, segmentKinds, segmentsOf } from '../runtime/elf.ts';

/** Tags of the dynamic section, and sizes, of gABI and its GNU extensions (elf(5)). */
const tags = { strings: 5, versions: 0x6ffffffe };
const dynamicBytes = 16;

/**
 * The versions of symbols that an ELF file needs, by library (its `.gnu.version_r`).
 *
 * @param file without sections is enough
 */
export function symbolVersions(file: Buffer): ReadonlyMap<string, readonly string[]> {
  const segments = segmentsOf(file);
  const strings = place(file, segments, tags.strings);
  const text = (at: number) => file.toString('latin1', strings + at, file.indexOf(0, strings + at));
  const found = new Map<string, readonly string[]>();
  // Each entry has the offset of the next one, and that of its own list, chained the same way; 0 is the last.
  for (let at = place(file, segments, tags.versions), next = -1; next !== 0; at += next) {
    const names: string[] = [];
    for (let one = at + file.readUInt32LE(at + 8), step = -1; step !== 0; one += step) {
      names.push(text(file.readUInt32LE(one + 8)));
      step = file.readUInt32LE(one + 12);
    }
    found.set(text(file.readUInt32LE(at + 4)), names);
    next = file.readUInt32LE(at + 12);
  }
  return found;
}

/** Where in the file that is which an entry of the dynamic section gives the address of. */
function place(file: Buffer, segments: readonly Segment[], tag: number): number {
  const dynamic = segments.find(({ kind }) => kind === segmentKinds.dynamic);
  for (
    let at = dynamic?.offset ?? 0;
    at < (dynamic ? dynamic.offset + dynamic.bytes : 0);
    at += dynamicBytes
  ) {
    if (Number(file.readBigUInt64LE(at)) !== tag) continue;
    const address = Number(file.readBigUInt64LE(at + 8));
    const segment = segments.find(
      (each) =>
        each.kind === segmentKinds.load && address >= each.address && address < each.address + each.bytes,
    );
    if (segment !== undefined) return address - segment.address + segment.offset;
  }
  throw new Error(`the dynamic section has no entry ${tag} that is in the file`);
}
