import type { TestContext } from 'node:test';
import { lacks } from './require.ts';
import { tool } from './saved.ts';

/**
 * Mounts a file system in memory on a directory while the body runs; if that is not allowed, the test is skipped.
 * @param options tmpfs(5): `size=2m`
 */
export async function withMount(
  t: TestContext,
  { root, options }: { readonly root: string; readonly options: string },
  body: () => Promise<void>,
): Promise<void> {
  try {
    tool('mount', ['-t', 'tmpfs', '-o', `mode=777,${options}`, 'none', root]);
  } catch {
    return lacks(t, 'a mount cannot be made');
  }
  try {
    await body();
  } finally {
    tool('umount', ['-l', root]);
  }
}
