import { availableParallelism } from 'node:os';

/** Does something for each of these, a few at a time; fails as the first one that fails. */
export async function forEachOf<T>(
  items: Iterable<T>,
  act: (item: T) => Promise<void>,
  width = 2 * availableParallelism(),
): Promise<void> {
  const rest = [...items][Symbol.iterator]();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let next = rest.next(); next.done !== true; next = rest.next()) await act(next.value);
    }),
  );
}
