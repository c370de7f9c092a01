import type { Layout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import { writing } from './writing.ts';

/** Puts the template on the volume, as it was given (a byte order mark aside), for every user to read (0444). */
export function publishTemplate(text: string, layout: Layout): void {
  writing(layout.template, () => publish(layout.template, text, 0o444));
}
