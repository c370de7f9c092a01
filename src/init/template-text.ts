import { Fault, reasonOf } from '../base/fault.ts';
import { withoutByteOrderMark } from '../base/text-of.ts';
import type { Layout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import { readTemplateFile } from '../settings/cli/read-template-file.ts';
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
      return reading('on standard input', () => readTemplateFile('-'));
    case 'file':
      return reading('of --template', () => readTemplateFile(source.path));
  }
}

/**
 * Publishes the template on the volume as it was given (except for a byte order mark), readable for every user
 * (0444).
 */
export function publishTemplate(text: string, layout: Layout): void {
  writing(layout.template, () => publish(layout.template, text, 0o444));
}

function reading(origin: string, read: () => string): TemplateText {
  try {
    return { text: read(), origin };
  } catch (cause) {
    throw new Fault('template', `Cannot read template ${origin}: ${reasonOf(cause)}`, { cause });
  }
}
