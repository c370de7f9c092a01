import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { endOfText, isContinuation } from '../base/end-of-text.ts';
import { limits } from '../base/limits.ts';
import { writeWhole } from '../base/write-whole.ts';

/**
 * Leaves a message where the engine reads why a container has failed. Only a regular file that is there and empty: what
 * the job has written itself stays, and no link is followed. Best effort: never throws, never blocks.
 *
 * @param sentence why, masked; becomes the first line
 * @param tail the last bytes of the job's output, masked, one more than a whole message has
 */
export function writeTerminationLog(path: string, sentence: string, tail: Buffer): void {
  try {
    // Checked first: opening a device may have side effects.
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return;
    const flags = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
    const file = openSync(path, flags);
    try {
      const found = fstatSync(file);
      if (found.isFile() && found.size === 0) writeWhole(file, terminationMessage(sentence, tail), 0);
    } finally {
      closeSync(file);
    }
  } catch {
    // Not writable by this user, or its disk is full: the seal and the log have it all.
  }
}

function terminationMessage(sentence: string, tail: Buffer): Buffer {
  const first = beginning(Buffer.from(sentence.replace(/\s*\n\s*/g, ' ')), limits.terminationSentenceBytes);
  const lines = lastLines(tail, limits.terminationLogBytes - first.length - 2);
  return Buffer.concat([first, Buffer.from('\n'), ...(lines.length === 0 ? [] : [lines, Buffer.from('\n')])]);
}

/** The last whole lines; the end of the last line if it alone is too long. */
function lastLines(tail: Buffer, bytes: number): Buffer {
  // Bytes that are not UTF-8 grow: so the text is cut when it is UTF-8.
  const text = Buffer.from(tail.toString().trimEnd());
  const start = Math.max(0, text.length - bytes);
  const isWhole = start === 0 && tail.length <= limits.terminationLogBytes;
  if (isWhole) return text;
  const newline = text.indexOf('\n', Math.max(0, start - 1));
  if (newline !== -1) return text.subarray(newline + 1);
  return endOfText(text, bytes);
}

function beginning(text: Buffer, bytes: number): Buffer {
  if (text.length <= bytes) return text;
  let end = bytes;
  while (isContinuation(text[end])) end -= 1;
  return text.subarray(0, end);
}
