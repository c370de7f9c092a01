import { basename } from 'node:path';
import { limits } from '../base/limits.ts';
import type { Layout } from '../contract/layout.ts';
import { Volume } from '../contract/volume.ts';
import { watchDirectory } from '../contract/watch-directory.ts';
import { WrapperLiveness } from '../contract/wrapper-liveness.ts';
import { containerEnd, type Dependency, type EndedContainer } from './container-end.ts';
import { restoreDirectory } from './open-container.ts';

/**
 * Waits until every one of these containers is sealed or lost, or the signal is aborted.
 *
 * @param options `firstFailure`: the first failure ends the wait
 * @returns the first container that failed, or null
 */
export async function waitForContainers(
  layout: Layout,
  names: readonly string[],
  options: { readonly firstFailure: boolean; readonly signal: AbortSignal },
): Promise<EndedContainer | null> {
  const { promise, resolve } = Promise.withResolvers<EndedContainer | null>();
  const volume = new Volume(layout.root);
  const dependencies = new Dependencies(layout, volume, names, (failed, areAllOver) => {
    if (areAllOver || (failed !== null && options.firstFailure)) resolve(failed);
  });
  const over = new AbortController();
  options.signal.addEventListener('abort', () => resolve(null));
  if (options.signal.aborted) resolve(null);
  for (const name of names) {
    const { directory, exitCode, alive } = layout.container(name);
    restoreDirectory(directory);
    const files = [exitCode, alive].map((path) => basename(path));
    watchDirectory(directory, {
      names: files,
      onChange: () => dependencies.check([name]),
      signal: over.signal,
    });
  }
  // A job may replace the watched directory.
  const again = setInterval(() => dependencies.check(names), limits.recheckMs);
  dependencies.check(names);
  const found = await promise;
  clearInterval(again);
  over.abort();
  dependencies.close();
  volume.close();
  return found;
}

/** The containers that are waited for, and which of them have exited. */
class Dependencies {
  readonly #layout: Layout;
  readonly #all: ReadonlyMap<string, Dependency>;
  readonly #ends = new Map<string, EndedContainer>();
  readonly #onCheck: (failed: EndedContainer | null, areAllOver: boolean) => void;

  /** @param onCheck called after every check with the first failed container, and whether all have exited */
  constructor(
    layout: Layout,
    volume: Volume,
    names: readonly string[],
    onCheck: (failed: EndedContainer | null, areAllOver: boolean) => void,
  ) {
    this.#layout = layout;
    this.#onCheck = onCheck;
    this.#all = new Map(
      names.map((name): readonly [string, Dependency] => [
        name,
        { name, liveness: new WrapperLiveness(volume, name, () => this.check([name])), besideAt: null },
      ]),
    );
  }

  /** Checks only the named containers: there may be hundreds. */
  check(changed: readonly string[]): void {
    for (const name of changed) {
      const end = containerEnd(this.#layout, this.#all.get(name) as Dependency);
      if (end === null) this.#ends.delete(name);
      else this.#ends.set(name, end);
    }
    const ends = [...this.#all.keys()].map((name) => this.#ends.get(name));
    const failed = ends.find((end) => end?.failed === true) ?? null;
    this.#onCheck(failed, this.#ends.size === this.#all.size);
  }

  close(): void {
    for (const { liveness } of this.#all.values()) liveness.close();
  }
}
