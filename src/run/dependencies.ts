import { basename } from 'node:path';
import { limits } from '../base/limits.ts';
import { readOnVolume } from '../base/read-regular.ts';
import type { ContainerLayout, Layout } from '../contract/layout.ts';
import { Liveness } from '../contract/liveness.ts';
import { largestExitCode, lostExitCode, parseExitCode } from '../contract/records.ts';
import { Volume } from '../contract/volume.ts';
import { watchDirectory } from '../contract/watch.ts';
import { restoreDirectory } from './container.ts';

/** A container that has ended. */
export interface Ended {
  readonly name: string;
  readonly exitCode: number;
  /** Its wrapper was killed before it could leave an exit code; then `exitCode` is 137. */
  readonly lost: boolean;
}

/**
 * Waits until each of these containers is sealed or lost, or until the signal is aborted. Resolves early with the first
 * one that has failed, when that matters.
 *
 * @param firstFailure whether a failed container ends the wait
 * @returns the first failed one, or null
 */
export async function waitForEnds(
  layout: Layout,
  names: readonly string[],
  options: { readonly firstFailure: boolean; readonly signal: AbortSignal },
): Promise<Ended | null> {
  const { promise, resolve } = Promise.withResolvers<Ended | null>();
  const volume = new Volume(layout.root);
  const ends = new Map<string, Ended>();
  const dependencies = new Map(
    names.map((name): readonly [string, Dependency] => [
      name,
      { name, liveness: new Liveness(volume, name, () => lookAt([name])), besideAt: null },
    ]),
  );
  /** Only at those that something has happened to: there may be hundreds. */
  const lookAt = (changed: readonly string[]) => {
    for (const name of changed) {
      const end = endOf(layout, dependencies.get(name) as Dependency);
      if (end === null) ends.delete(name);
      else ends.set(name, end);
    }
    const failed = names.map((name) => ends.get(name)).find((end) => (end?.exitCode ?? 0) !== 0) ?? null;
    if (ends.size === names.length || (failed !== null && options.firstFailure)) resolve(failed);
  };
  const over = new AbortController();
  options.signal.addEventListener('abort', () => resolve(null));
  if (options.signal.aborted) resolve(null);
  for (const name of names) {
    const { directory, exitCode, alive } = layout.container(name);
    restoreDirectory(directory);
    const files = [exitCode, alive].map((path) => basename(path));
    watchDirectory(directory, { names: files, onChange: () => lookAt([name]), signal: over.signal });
  }
  // A job may have put another directory in the place of the one that is watched.
  const again = setInterval(() => lookAt(names), limits.lookAgainMs);
  lookAt(names);
  const found = await promise;
  clearInterval(again);
  over.abort();
  for (const { liveness } of dependencies.values()) liveness.close();
  volume.close();
  return found;
}

/** A container whose end is awaited. */
interface Dependency {
  readonly name: string;
  readonly liveness: Liveness;
  /** When a seal was first found beside its wrapper, which lives; ms of a monotonic clock. */
  besideAt: number | null;
}

/** Life first: a wrapper that was gone then has left its seal by now, if it ever does. */
function endOf(layout: Layout, dependency: Dependency): Ended | null {
  const { name, liveness } = dependency;
  const life = liveness.look();
  const exitCode = readSeal(layout.container(name).exitCode);
  if (exitCode !== null) {
    dependency.besideAt ??= performance.now();
    // A seal is the last that a wrapper does: beside one that lives, it may be somebody else's.
    if (life === 'living' && performance.now() < dependency.besideAt + limits.sealBesideMs) return null;
    return { name, exitCode, lost: false };
  }
  if (life !== 'gone') return null;
  // A wrapper that died while it saved has left the exit code of its job.
  const known = readEnd(layout.container(name));
  return { name, exitCode: known ?? lostExitCode, lost: known === null };
}

/** The exit code in `ended`, where no later attempt has started; else null. */
function readEnd({ ended, started }: ContainerLayout): number | null {
  const last = readFields(ended, ['attempt', 'exitCode']);
  const code = last['exitCode'];
  if (last['attempt'] === undefined || code === undefined || code > largestExitCode) return null;
  return (readFields(started, ['attempt'])['attempt'] ?? 0) > last['attempt'] ? null : code;
}

/** Whole numbers of a small JSON record; those that it does not have are left out. */
function readFields(path: string, names: readonly string[]): Readonly<Record<string, number>> {
  try {
    const bytes = readOnVolume(path, limits.startedBytes);
    const record = (bytes === null ? {} : JSON.parse(bytes.toString())) as Record<string, unknown> | null;
    const found = names.map((name) => [name, record?.[name]] as const);
    return Object.fromEntries(
      found.filter(
        (field): field is [string, number] => Number.isSafeInteger(field[1]) && Number(field[1]) >= 0,
      ),
    );
  } catch {
    return {}; // Something else stands there.
  }
}

/** The exit code in a seal; null when there is none, or something else than a seal. */
function readSeal(path: string): number | null {
  try {
    const bytes = readOnVolume(path, limits.exitCodeBytes);
    return bytes === null ? null : parseExitCode(bytes);
  } catch {
    return null; // Something else stands there.
  }
}
