/** A code sequence that occurs once in the runtime, and the change that the build makes to it. */
export interface Change {
  /** Hexadecimal bytes separated by spaces; `?` is any byte. */
  readonly pattern: string;
  /** Where in the pattern the new bytes go. */
  readonly at: number;
  readonly bytes: readonly number[];
}

/**
 * Changes machine code in place.
 *
 * @param what what the code does, for the message
 * @throws Error unless it is found exactly once: then the runtime is a new one and must be examined
 */
export function changeMachineCode(runtime: Buffer, what: string, { pattern, at, bytes }: Change): void {
  const places = placesOf(pattern, runtime);
  const [place] = places;
  if (place === undefined || places.length > 1) {
    throw new Error(`The runtime's code that ${what} occurs ${places.length} times, not once as expected.`);
  }
  runtime.set(bytes, place + at);
}

function placesOf(pattern: string, bytes: Buffer): readonly number[] {
  const codes = pattern.split(' ').map((code) => (code === '?' ? null : Number.parseInt(code, 16)));
  const wild = codes.indexOf(null);
  const fixed = Buffer.from(codes.slice(0, wild === -1 ? codes.length : wild).map((code) => code ?? 0));
  const places: number[] = [];
  for (let at = bytes.indexOf(fixed); at !== -1; at = bytes.indexOf(fixed, at + 1)) {
    if (codes.every((code, offset) => code === null || bytes[at + offset] === code)) places.push(at);
  }
  return places;
}
