import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { errnoOf, sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import { removeFile } from '../base/remove.ts';
import { signalName, signalNumber } from '../base/signal-names.ts';
import type { ContainerLayout } from '../contract/layout.ts';
import type { Control } from './control.ts';

/** Obeys signal requests until the signal is aborted. One that is there already is obeyed at once. */
export async function watchRequests(
  container: ContainerLayout,
  control: Control,
  signal: AbortSignal,
): Promise<void> {
  const { watchDirectory } = await import('../contract/watch.ts');
  const name = basename(container.signal);
  const onChange = (changed: string | null) => {
    if (changed === name || changed === null) obeyRequest(container, control);
  };
  try {
    await watchDirectory(container.directory, { onChange, signal });
  } catch (error) {
    say(`cannot watch for signal requests: ${sentenceOf(error)}`);
  }
  obeyRequest(container, control);
}

/** Obeys the request that is there now, if there is one. */
export function obeyRequest(container: ContainerLayout, control: Control): void {
  const signal = takeRequest(container.signal);
  if (signal !== null) control.receive('request', signal);
}

/** Takes a request off the volume: reads and removes it, so that it is obeyed once. What is no signal is said. */
function takeRequest(path: string): number | null {
  let text: string;
  try {
    text = readFileSync(path).subarray(0, limits.signalRequestBytes).toString();
    removeFile(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') say(`cannot take the signal request ${path}: ${sentenceOf(error)}`);
    return null;
  }
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
