import { closeSync, openSync, readSync } from 'node:fs';
import { Fault, reasonOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { InitSettings } from '../settings/init-settings.ts';
import { mountedJson } from '../settings/mounted-json.ts';

/** The template's text as it was given, and where it came from, for messages. */
export interface TemplateText {
  readonly text: string;
  readonly origin: string;
}

/**
 * Reads the template's text from its file, from standard input, or from the variable that holds it.
 * @throws Fault `template` when it cannot be read, or is larger than any template
 */
export function readTemplateText(source: InitSettings['template']): TemplateText {
  switch (source.from) {
    case 'text':
      return { text: source.text, origin: source.variable };
    case 'stdin':
      return { text: readBounded(0, 'on standard input'), origin: 'on standard input' };
    case 'file':
      return { text: mountedJson(readFile(source.path)), origin: 'of --template' };
  }
}

function readFile(path: string): string {
  const origin = 'of --template';
  const file = reading(origin, () => openSync(path, 'r'));
  try {
    return readBounded(file, origin);
  } finally {
    reading(origin, () => closeSync(file));
  }
}

function readBounded(file: number, origin: string): string {
  const bytes = Buffer.alloc(limits.templateBytes + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = reading(origin, () => readSync(file, bytes, length, bytes.length - length, null));
    if (read === 0) return bytes.toString('utf8', 0, length);
    length += read;
  }
  throw new Fault('template', `Cannot read template ${origin}: larger than ${limits.templateBytes} bytes`);
}

function reading<T>(origin: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Fault('template', `Cannot read template ${origin}: ${reasonOf(cause)}`, { cause });
  }
}
