import { availableParallelism } from 'node:os';

/** More at a time gain nothing, and use up what the kernel gives one user: inotify instances, for example. */
const most = 8;

/** Does something for each of these, a few at a time; fails as the first one that fails. */
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
