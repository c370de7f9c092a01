/** Does one step of the release, and prints a line about it: what it is at once, how long it took at its end. */
export async function step<T>(title: string, act: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  process.stdout.write(`${title} … `);
  let end = 'failed';
  try {
    const result = await act();
    end = `${((performance.now() - begin) / 1000).toFixed(1)} s`;
    return result;
  } finally {
    process.stdout.write(`${end}\n`);
  }
}
