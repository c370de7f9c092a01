import { Fault, reasonOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { readUpTo } from '../base/read-regular.ts';
import { textOf, withoutByteOrderMark } from '../base/text-of.ts';
import type { Layout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import { mountedJson } from '../settings/cli/mounted-json.ts';
import { readGiven } from '../settings/cli/read-given.ts';
import type { InitSettings } from '../settings/verbs/init-settings.ts';
import { writing } from './writing.ts';

/** The template's text as it was given, and its origin, for messages. */
export interface TemplateText {
  readonly text: string;
  readonly origin: string;
}

/**
 * Reads the template from its file, from standard input, or from a variable.
 *
 * @throws Fault `template` if it cannot be read, or exceeds the size limit
 */
export function readTemplateText(source: InitSettings['template']): TemplateText {
  switch (source.from) {
    case 'text':
      return { text: withoutByteOrderMark(source.text), origin: source.variable };
    case 'stdin':
      return reading('on standard input', readStandardInput);
    case 'file':
      return reading('of --template', () => mountedJson(readGiven(source.path, limits.templateBytes)));
  }
}

/**
 * Publishes the template on the volume as it was given (except for a byte order mark), readable for every user
 * (0444).
 */
export function publishTemplate(text: string, layout: Layout): void {
  writing(layout.template, () => publish(layout.template, text, 0o444));
}

/** Blocks, and may be a terminal: someone may be typing the template. */
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
