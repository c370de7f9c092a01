import { join } from 'node:path';
import type { Volume } from '../../contract/volume.ts';
import { watchDirectory } from '../../contract/watch-directory.ts';
import { WrapperLiveness } from '../../contract/wrapper-liveness.ts';
import { readSeal } from '../../observe/container-state.ts';

/** Resolves with the exit code on a volume that no launcher follows; null if its wrapper died, or never ran. */
export async function awaitSeal(volume: Volume): Promise<number | null> {
  const watching = new AbortController();
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const liveness = new WrapperLiveness(volume, 'main', () => look());
  function look(): void {
    const life = liveness.look();
    const seal = readSeal(volume, 'main');
    // While the wrapper lives, a seal may be the job's own forgery.
    if (seal.kind === 'valid' && life !== 'living') resolve(seal.exitCode);
    else if (life === 'gone' || life === 'unknown') resolve(null);
  }
  watchDirectory(join(volume.root, 'ctr/main'), {
    names: ['exitcode'],
    onChange: look,
    signal: watching.signal,
  });
  look();
  try {
    return await promise;
  } finally {
    liveness.close();
    watching.abort();
  }
}
