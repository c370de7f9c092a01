import { open } from 'node:fs/promises';
import { limits } from '../../base/limits.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type { RemoteObject } from '../../settings/template/remote-object.ts';
import { withSecrets } from '../../settings/with-secrets.ts';
import { getObject } from '../../stores/get-object.ts';
import { StoreError } from '../../stores/object-store.ts';
import { openStore } from '../../stores/open-store.ts';
import { Pace } from '../../stores/pace.ts';
import { tooLarge } from '../too-large.ts';

/**
 * Gets an object of a store: as it is stored, whatever its Content-Encoding says.
 *
 * @param sha256 what it must be; null: any
 * @param place a new file
 * @throws Error whose message is the reason
 */
export async function fetchObject(
  { object, sha256 }: { readonly object: RemoteObject; readonly sha256: string | null },
  place: string,
  maxBytes: number,
  environment: Environment,
): Promise<void> {
  const signal = AbortSignal.timeout(limits.fetchMs);
  const store = await openStore(new URL(object.store), withSecrets(environment, object.secrets));
  const file = await open(place, 'wx+');
  try {
    const pace = new Pace();
    const ahead = await pace.run(() => store.head(object.key, signal), signal);
    let left = maxBytes;
    // Also while it is fetched: it may be another one by then.
    const advanced = (bytes: number): void => {
      left -= bytes;
      if (left < 0) throw new Error(tooLarge(maxBytes));
    };
    if ((ahead?.size ?? 0) > maxBytes) advanced(ahead?.size ?? 0);
    const found = await getObject(store, object.key, file, { pace, advanced, signal });
    if (sha256 !== null && found.sha256 !== sha256.toLowerCase())
      throw new Error(`its SHA-256 is ${found.sha256}, not ${sha256.toLowerCase()}`);
  } catch (cause) {
    if (cause instanceof StoreError)
      throw new Error(`${store.name}, "${object.key}": ${cause.message}`, { cause });
    if (signal.aborted) throw new Error(`not fetched within ${limits.fetchMs / 3_600_000} hours`, { cause });
    throw cause;
  } finally {
    await file.close();
    store.close();
  }
}
