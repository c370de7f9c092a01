import { write } from 'node:fs';
import { limits } from './limits.ts';
import { printable, printableJson } from './printable.ts';
import { pauseFor } from './timer.ts';

let last: Promise<void> = Promise.resolve();
let unwritten = 0;
let muted = false;
let rewrite: (message: string) => string = (message) => message;

/** How much a message matters: an error explains an exit status. */
export type LogLevel = 'info' | 'warning' | 'error';

/** What each message in JSON tells besides itself; a key that is not known is left out. */
export interface LogContext {
  readonly verb?: string;
  readonly jobId?: number;
}

/** Null: messages are text. */
let context: LogContext | null = null;

/** From now on, each message is one JSON object on a line of its own. */
export function logAsJson(): void {
  context ??= {};
}

/** Whether messages are JSON. */
export function logsJson(): boolean {
  return context !== null;
}

/** Adds what has become known. */
export function describeLog(more: LogContext): void {
  if (context !== null) context = { ...context, ...more };
}

/**
 * One message as it is written, with its line break: text with the prefix `emissary:`, or JSON.
 *
 * @param details more keys for JSON
 */
export function logLine(
  message: string,
  level: LogLevel,
  { at = Date.now(), ...details }: { readonly at?: number; readonly [key: string]: unknown } = {},
): string {
  if (context === null) return `emissary: ${printable(message)}\n`;
  const time = new Date(at).toISOString();
  return `${printableJson({ time, level, ...context, message, ...details })}\n`;
}

/** Rewrites every later message before it is written, for example to mask secrets that it quotes. */
export function setLogRewrite(change: (message: string) => string): void {
  rewrite = change;
}

/**
 * Logs one message to the emissary's own standard error (`logLine`). Returns before it is written
 * and never throws: a standard error that is closed, full or no longer read must neither end a job nor delay its
 * signals.
 *
 * @param details more keys for JSON
 */
export function log(
  message: string,
  level: LogLevel = 'warning',
  details: Readonly<Record<string, unknown>> = {},
): void {
  if (muted || unwritten >= limits.pendingLogMessages) return;
  unwritten += 1;
  const at = Date.now();
  last = last.then(() => writeAll(Buffer.from(logLine(rewrite(message), level, { ...details, at }))));
}

/** Runs something whose messages nobody wants. What it throws is logged by whoever catches it. */
export async function withoutLog<T>(body: () => Promise<T>): Promise<T> {
  muted = true;
  try {
    return await body();
  } finally {
    muted = false;
  }
}

/** Await this before the process exits. Resolves when everything was written, or when nothing accepts it in time. */
export async function logFlushed(): Promise<void> {
  if (unwritten > 0) await Promise.race([last, flushTime()]);
}

/** In steps, so that every write gets its turn: time in which something else blocked this thread does not count. */
async function flushTime(): Promise<void> {
  for (let step = 0; step < limits.flushSteps; step += 1) await pauseFor(limits.flushStepMs);
}

/** Runs on a thread of libuv's pool. Never rejects: there is nowhere else to report the failure. */
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
