import { endOfText } from '../base/end-of-text.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import type { Recorder } from './streams/recorder.ts';

const newline = 0x0a;

/**
 * What the job has printed as its result: the end of the last attempt's standard output, masked, without the newline at
 * its end. As Argo's `outputs.result` (256 KiB, one newline). Bytes that are not UTF-8 become U+FFFD.
 */
export function printedResult(recorder: Recorder): string {
  // Two more: one for the newline, and one shows that something is left out.
  const captured = recorder.tail(1, limits.printedResultBytes + 2);
  const printed = captured.at(-1) === newline ? captured.subarray(0, -1) : captured;
  // Bytes that are not UTF-8 grow: so the text is cut again.
  const text = Buffer.from(endOfText(printed, limits.printedResultBytes).toString());
  if (Math.max(printed.length, text.length) > limits.printedResultBytes)
    log(`The result is larger than ${limits.printedResultBytes} bytes: only its end is kept`);
  return endOfText(text, limits.printedResultBytes).toString();
}
