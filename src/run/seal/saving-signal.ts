import { limits } from '../../base/limits.ts';
import { after } from '../../base/timer.ts';
import type { Run } from '../run-context.ts';

/** A stop ends saving that is under way at once; what came before it has begun leaves time for what is small. */
export function savingSignal({ stopController, over }: Run): AbortSignal {
  const { savingEnd } = stopController;
  if (!savingEnd.aborted) return savingEnd;
  const later = new AbortController();
  const timer = after(limits.lateSavingMs, () => later.abort(savingEnd.reason));
  over.signal.addEventListener('abort', () => timer.cancel());
  return later.signal;
}
