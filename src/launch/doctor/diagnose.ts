import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { after } from '../../base/timer.ts';
import { type Check, type Finding, failed, skipped } from './check.ts';

/** A check's finding with its name. */
export interface Diagnosis extends Finding {
  readonly name: string;
}

/**
 * Makes the checks one after another. A check that needs one that failed is skipped; one that hangs has failed.
 *
 * @param show called with each result
 * @param signal aborted: the rest is not checked
 */
export async function diagnose(
  checks: readonly Check[],
  show: (diagnosis: Diagnosis) => void,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  const made: Diagnosis[] = [];
  for (const check of checks) {
    const blocking = made.find((each) => check.needs?.includes(each.name) && isNoHelp(each));
    const finding = blocking === undefined ? await examine(check, signal) : skipped(reasonOf(blocking));
    if (signal.aborted) break;
    const diagnosis = { name: check.name, ...finding };
    made.push(diagnosis);
    show(diagnosis);
  }
  return made;
}

function isNoHelp({ status }: Finding): boolean {
  return status === 'failed' || status === 'skipped';
}

function reasonOf({ name, status }: Diagnosis): string {
  return `not checked, because "${name}" ${status === 'failed' ? 'failed' : 'was not checked'}`;
}

async function examine(check: Check, signal: AbortSignal): Promise<Finding> {
  const limitMs = check.limitMs ?? limits.doctorCheckMs;
  const late = new AbortController();
  const timer = after(limitMs, () =>
    late.abort(new Fault('engine', `there was no result within ${limitMs / 1000} s`)),
  );
  const cancel = AbortSignal.any([signal, late.signal]);
  try {
    return await inTime(
      Promise.resolve(check.examine(cancel)),
      cancel,
      check.cleansUp ? limits.doctorCleanUpMs : 0,
    );
  } catch (error) {
    return failed(messageOf(cancel.aborted ? cancel.reason : error), check.remedy);
  } finally {
    timer.cancel();
  }
}

/** The promise's value; if it is given up, it has a while to clean up, in ms. */
function inTime<T>(promise: Promise<T>, cancel: AbortSignal, cleanUpMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(resolve, reject);
    cancel.addEventListener('abort', () => after(cleanUpMs, () => reject(cancel.reason)), {
      once: true,
    });
  });
}
