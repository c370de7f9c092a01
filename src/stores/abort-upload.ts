import { type ObjectStore, StoreError } from './object-store.ts';
import type { PutContext } from './put-context.ts';

/**
 * Removes what an earlier process has left of an object that is there already: some stores keep its parts.
 *
 * @throws StoreError, or the signal's reason
 */
export async function abortUpload(
  store: ObjectStore,
  key: string,
  { about, upload, keep, pace, signal }: PutContext,
): Promise<void> {
  if (upload === null) return;
  try {
    const left = await pace.run(() => store.begin(key, upload.id, about, signal), signal);
    await pace.run(() => left.abort(signal), signal);
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'missing')) throw error;
  }
  keep?.(null);
}
