/**
 * Takes samples of several things in turn, so that whatever disturbs the machine disturbs them alike. One round that
 * does not count goes first.
 */
export async function alternate(
  times: number,
  things: Readonly<Record<string, () => number | Promise<number>>>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map<string, number[]>(Object.keys(things).map((name) => [name, []]));
  for (let round = 0; round <= times; round += 1) {
    for (const [name, take] of Object.entries(things)) {
      const sample = await take();
      if (round > 0) samples.get(name)?.push(sample);
    }
  }
  return samples;
}
