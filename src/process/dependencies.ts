import { limits } from '../base/limits.ts';
import type { Layout } from '../contract/layout.ts';
import { makeShared } from './container.ts';
import { readSmallFile } from './read-small-file.ts';

/** A container that has ended. */
export interface Sealed {
  readonly name: string;
  readonly exitCode: number;
}

/**
 * Waits until each of these containers is sealed, or until the signal is aborted. Resolves early with the first one
 * that has failed, when that matters.
 *
 * @param firstFailure whether a failed container ends the wait
 * @returns the first failed one, or null
 */
export async function waitForSeals(
  layout: Layout,
  names: readonly string[],
  options: { readonly firstFailure: boolean; readonly signal: AbortSignal },
): Promise<Sealed | null> {
  const look = (): Sealed | null | 'more' => {
    const seals = names.map((name) => ({ name, exitCode: readSeal(layout.container(name).exitCode) }));
    const failed = seals.find((seal): seal is Sealed => seal.exitCode !== null && seal.exitCode !== 0);
    if (failed !== undefined && options.firstFailure) return failed;
    return seals.every((seal) => seal.exitCode !== null) ? (failed ?? null) : 'more';
  };
  const first = look();
  if (first !== 'more' || options.signal.aborted) return first === 'more' ? null : first;
  const over = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Sealed | null>();
  options.signal.addEventListener('abort', () => resolve(null));
  const onChange = () => {
    const found = look();
    if (found !== 'more') resolve(found);
  };
  const { watchDirectory } = await import('../contract/watch.ts');
  for (const name of names) {
    const { directory } = layout.container(name);
    makeShared(directory);
    await watchDirectory(directory, { onChange, signal: over.signal });
  }
  onChange();
  const found = await promise;
  over.abort();
  return found;
}

/** The exit code in a seal; null when there is none, or something else than a seal. */
function readSeal(path: string): number | null {
  try {
    const text = readSmallFile(path, limits.exitCodeBytes)?.toString('latin1').trim() ?? '';
    return /^[0-9]{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : null;
  } catch {
    return null; // Something else stands there.
  }
}
