import { Fault, reasonOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { readUpTo } from '../base/read-regular.ts';
import { textOf, withoutMark } from '../base/text-of.ts';
import type { InitSettings } from '../settings/cli/init-settings.ts';
import { mountedJson } from '../settings/cli/mounted-json.ts';
import { readGiven } from '../settings/cli/read-given.ts';

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
      return { text: withoutMark(source.text), origin: source.variable };
    case 'stdin':
      return reading('on standard input', readStandardInput);
    case 'file':
      return reading('of --template', () => mountedJson(readGiven(source.path, limits.templateBytes)));
  }
}

/** A person may be typing it: it is waited for, and may be a terminal. */
function readStandardInput(): string {
  const bytes = readUpTo(0, limits.templateBytes + 1);
  if (bytes.length > limits.templateBytes) throw new Error(`larger than ${limits.templateBytes} bytes`);
  return textOf(bytes);
}

function reading(origin: string, read: () => string): TemplateText {
  try {
    return { text: read(), origin };
  } catch (cause) {
    throw new Fault('template', `Cannot read template ${origin}: ${reasonOf(cause)}`, { cause });
  }
}
