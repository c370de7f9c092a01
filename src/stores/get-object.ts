import type { FileHandle } from 'node:fs/promises';
import { hashOf } from '../base/hash-of.ts';
import { limits } from '../base/limits.ts';
import { MinimumPace } from '../base/minimum-pace.ts';
import { writeAt } from '../base/write-at.ts';
import { type ObjectRange, type ObjectStore, type StoredObject, StoreError } from './object-store.ts';
import type { Pace } from './pace.ts';

/** How an object is got. */
export interface GetContext {
  /** Shared by all that comes from the same store. */
  readonly pace: Pace;
  /** Called for what was written. */
  readonly advanced: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Gets one object into an empty file: ranges of the same content, several at a time. Where its SHA-256 is known, the file is
 * checked by it.
 *
 * @returns what the store knows of it, with the SHA-256 of what is in the file
 * @throws StoreError (`missing`: there is none), the operating system's error, or the signal's reason
 */
export async function getObject(
  store: ObjectStore,
  key: string,
  file: FileHandle,
  { pace, advanced, signal }: GetContext,
): Promise<StoredObject & { readonly sha256: string }> {
  const head = () => inTime(store, signal, (minimum) => store.head(key, minimum.signal));
  const found = await pace.run(head, signal);
  if (found === null) throw new StoreError('missing', `${store.name} has no object "${key}"`);
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const ranges = rangesOf(found.size);
  const fetchNext = async (): Promise<void> => {
    for (const range of ranges) {
      await pace.run(
        () => inTime(store, either, (each) => fetchRange(store, found, file, range, each)),
        either,
      );
      advanced((range ?? { end: found.size, start: 0 }).end - (range?.start ?? 0));
    }
  };
  const lanes = Array.from({ length: pace.most }, fetchNext);
  for (const lane of lanes) lane.catch((error) => failed.abort(error));
  await Promise.allSettled(lanes);
  // The first failure has ended the others.
  either.throwIfAborted();
  return { ...found, sha256: await checked(file, found) };
}

/** Each is taken once, by whichever lane comes first. Small objects are one whole. */
function* rangesOf(size: number): Generator<ObjectRange | null> {
  if (size <= limits.storePartBytes) {
    yield null;
    return;
  }
  for (let start = 0; start < size; start += limits.storePartBytes)
    yield { start, end: Math.min(size, start + limits.storePartBytes) };
}

async function fetchRange(
  store: ObjectStore,
  { key, version, size }: StoredObject,
  file: FileHandle,
  range: ObjectRange | null,
  minimum: MinimumPace,
): Promise<void> {
  const { signal } = minimum;
  const { start, end } = range ?? { start: 0, end: size };
  const body = await store.get(key, { range, version }, signal);
  minimum.started();
  let at = start;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      if (at + piece.length > end) break;
      minimum.received(piece.length);
      await writeAt(file, piece, at);
      at += piece.length;
      if (at === end) break;
    }
  } catch (cause) {
    if (cause instanceof StoreError || signal.aborted) throw cause;
    throw new StoreError('broken', `the connection to ${store.name} ended in the middle of an object`, {
      cause,
    });
  }
  if (at !== end) throw new StoreError('broken', `${store.name} sent ${at - start} bytes of ${end - start}`);
}

/** A store that is silent, or trickles, counts as busy: it is asked again, and given up when nothing works for minutes. */
async function inTime<T>(
  { name }: ObjectStore,
  signal: AbortSignal,
  act: (minimum: MinimumPace) => Promise<T>,
): Promise<T> {
  const minimum = new MinimumPace(signal);
  try {
    return await act(minimum);
  } catch (cause) {
    if (minimum.slowness === null || signal.aborted) throw cause;
    throw new StoreError('busy', `${name}: ${minimum.slowness}`, { cause });
  } finally {
    minimum.end();
  }
}

async function checked(file: FileHandle, { sha256, size, key }: StoredObject): Promise<string> {
  const actual = await hashOf(file, size);
  if (sha256 !== null && sha256 !== actual)
    throw new StoreError('invalid', `"${key}" is not what was stored: its SHA-256 differs`);
  return actual;
}
