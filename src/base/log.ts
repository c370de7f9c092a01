import { write } from 'node:fs';
import { limits } from './limits.ts';
import { printable } from './printable.ts';
import { pauseFor } from './timer.ts';

let last: Promise<void> = Promise.resolve();
let unwritten = 0;
let shown: (sentence: string) => string = (sentence) => sentence;

/** From now on every sentence is changed so before it is written: it may quote what must not be seen. */
export function setLogRewrite(change: (sentence: string) => string): void {
  shown = change;
}

/**
 * Says one sentence to the person, on the emissary's own standard error, marked as ours. Returns before it is written,
 * and never throws: a standard error that is closed, full, or not read any more must neither end a job nor hold up the
 * signals for it.
 */
export function log(sentence: string): void {
  if (unwritten >= limits.pendingLogMessages) return;
  unwritten += 1;
  last = last.then(() => writeAll(Buffer.from(`emissary: ${printable(shown(sentence))}\n`)));
}

/** To be awaited before the process ends: resolves when all was written, or when nobody takes it. */
export async function logFlushed(): Promise<void> {
  if (unwritten > 0) await Promise.race([last, flushTime()]);
}

/** In steps, each of which gives every write its turn: time in which something else held this thread does not count. */
async function flushTime(): Promise<void> {
  for (let step = 0; step < limits.flushSteps; step += 1) await pauseFor(limits.flushStepMs);
}

/** On a thread of libuv's pool. Never rejects: there is no other place to say that nobody listens. */
async function writeAll(bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const written = await new Promise<number>((resolve) => {
      write(2, bytes, offset, bytes.length - offset, null, (error, count) => resolve(error ? 0 : count));
    });
    if (written === 0) break;
    offset += written;
  }
  unwritten -= 1;
}
