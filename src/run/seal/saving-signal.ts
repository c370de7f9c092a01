import { limits } from '../../base/limits.ts';
import { after } from '../../base/timer.ts';
import type { Run } from '../open-run.ts';

/** A stop during saving ends it at once; a stop before saving leaves time for small outputs. */
export function savingSignal({ stopController, over }: Run): AbortSignal {
  const { savingEnd } = stopController;
  if (!savingEnd.aborted) return savingEnd;
  const later = new AbortController();
  const timer = after(limits.lateSavingMs, () => later.abort(savingEnd.reason));
  over.signal.addEventListener('abort', () => timer.cancel());
  return later.signal;
}
