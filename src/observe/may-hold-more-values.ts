const comma = 0x2c;
const openBracket = 0x5b;
const openBrace = 0x7b;

/**
 * Whether a JSON text could hold more values than this, estimated without parsing it: each value but the first follows a
 * comma or an opening bracket. Parsed, a file with two bytes per value takes a hundred times its size in memory.
 */
export function mayHoldMoreValues(json: Buffer, most: number): boolean {
  let found = 0;
  for (const byte of json) if (byte === comma || byte === openBracket || byte === openBrace) found += 1;
  return found > most;
}
