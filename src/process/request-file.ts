import { readFileSync, rmSync } from 'node:fs';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import { signalName, signalNumber } from '../base/signal-names.ts';

/**
 * Takes a signal request off the volume: reads and removes it, so that it is obeyed once.
 * @returns the signal's number; null when there is no request, or none that makes sense, which is said
 */
export function takeRequest(path: string): number | null {
  let text: string;
  try {
    text = readFileSync(path).subarray(0, limits.signalRequestBytes).toString();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT')
      say(`cannot read the signal request ${path}: ${(error as Error).message}`);
    return null;
  }
  rmSync(path, { force: true });
  const signal = signalNumber(text);
  if (signal === null) {
    say(
      `the signal request ${path} says ${JSON.stringify(text.trim())}, which is no signal; nothing is done`,
    );
  } else {
    say(`${signalName(signal)} was requested`);
  }
  return signal;
}
