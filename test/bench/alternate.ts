import { messageOf } from '../../src/base/fault.ts';

/**
 * Takes samples of several things in turn, so that whatever disturbs the machine disturbs them alike. One round that
 * does not count goes first. A thing that fails is left out from then on, with a message: another wrapper may not be
 * able to do what we can.
 *
 * @throws what `ours` throws
 */
export async function alternate(
  times: number,
  things: Readonly<Record<string, () => number | Promise<number>>>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map<string, number[]>(Object.keys(things).map((name) => [name, []]));
  for (let round = 0; round <= times; round += 1) {
    for (const [name, take] of Object.entries(things)) {
      if (!samples.has(name)) continue;
      const sample = await sampleOf(name, take);
      if (sample === null) samples.delete(name);
      else if (round > 0) samples.get(name)?.push(sample);
    }
  }
  return samples;
}

/** Null: it has failed. */
async function sampleOf(name: string, take: () => number | Promise<number>): Promise<number | null> {
  try {
    return await take();
  } catch (error) {
    if (name === 'ours') throw error;
    process.stderr.write(`${name} is left out: ${messageOf(error)}\n`);
    return null;
  }
}
