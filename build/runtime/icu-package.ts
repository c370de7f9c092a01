/** What ICU reads from its data, by name: `icudt78l/curr/root.res`. */
export type IcuItems = ReadonlyMap<string, Buffer>;

/** The package of ICU's data inside a program. */
export interface IcuPackage {
  /** Where it begins in the program. */
  readonly start: number;
  readonly header: Buffer;
  readonly items: IcuItems;
  /** Where its last item begins; nothing tells where that one ends, so it is not among the others. */
  readonly end: number;
}

/** `MappedData` and `UDataInfo` (ICU's ucmndata.h, udata.h): two bytes that mark a header, and what data it is for. */
const magic = 0x27da;
const format = 'CmnD';
const offsets = { headerBytes: 0, magic: 2, format: 12 };
const entryBytes = 8;
const itemAlignment = 16;
/** The last entry of a package: ICU takes an item's length from the next entry, so the last item would have none. */
const closingName = '~';

/**
 * Reads the table of contents that ICU looks its data up in (`UDataOffsetTOC`, ucmndata.h): the number of items, and for each
 * the offsets of its name and of its data.
 * @throws Error when the program has no such package, or more than one
 */
export function readIcuPackage(program: Buffer): IcuPackage {
  const starts = startsOf(program);
  const [start] = starts;
  if (start === undefined || starts.length > 1)
    throw new Error(`The runtime has ${starts.length} packages of ICU's data, not one as expected.`);
  const header = program.subarray(start, start + program.readUInt16LE(start + offsets.headerBytes));
  const table = program.subarray(start + header.length);
  const entries = Array.from({ length: table.readUInt32LE(0) }, (_, index) => {
    const entry = 4 + index * entryBytes;
    const name = table.readUInt32LE(entry);
    return {
      name: table.toString('latin1', name, table.indexOf(0, name)),
      at: table.readUInt32LE(entry + 4),
    };
  });
  const items = new Map<string, Buffer>();
  for (const [index, { name, at }] of entries.entries()) {
    const next = entries[index + 1];
    if (next !== undefined) items.set(name, table.subarray(at, next.at));
  }
  return { start, header, items, end: start + header.length + (entries.at(-1)?.at ?? 0) };
}

/**
 * Makes a package of these items.
 * @param items in the order of their names, which ICU's search needs
 */
export function makeIcuPackage(header: Buffer, items: IcuItems): Buffer {
  const all = [...items, [closingName, Buffer.alloc(0)] as const];
  const names = Buffer.from(all.map(([name]) => `${name}\0`).join(''), 'latin1');
  const tableBytes = 4 + all.length * entryBytes;
  const table = Buffer.alloc(Math.ceil((tableBytes + names.length) / itemAlignment) * itemAlignment);
  table.writeUInt32LE(all.length);
  table.set(names, tableBytes);
  let [entry, name, at] = [4, tableBytes, table.length];
  for (const [key, item] of all) {
    table.writeUInt32LE(name, entry);
    table.writeUInt32LE(at, entry + 4);
    entry += entryBytes;
    name += key.length + 1;
    at += item.length;
  }
  return Buffer.concat([header, table, ...items.values()]);
}

function startsOf(program: Buffer): readonly number[] {
  const starts: number[] = [];
  for (let at = program.indexOf(format); at !== -1; at = program.indexOf(format, at + 1)) {
    const start = at - offsets.format;
    if (start >= 0 && program.readUInt16LE(start + offsets.magic) === magic) starts.push(start);
  }
  return starts;
}
