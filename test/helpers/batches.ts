import { availableParallelism } from 'node:os';

/** More at a time gain nothing, and exhaust limits of the kernel per user: inotify instances, for example. */
const most = 8;

/** Runs a function for each of these, a few at a time; fails like the first one that fails. */
export async function forEachOf<T>(
  items: Iterable<T>,
  act: (item: T) => Promise<void>,
  width = Math.min(2 * availableParallelism(), most),
): Promise<void> {
  const rest = [...items][Symbol.iterator]();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let next = rest.next(); next.done !== true; next = rest.next()) await act(next.value);
    }),
  );
}
