import type { Layout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import { writing } from './writing.ts';

/**
 * Publishes the template on the volume as it was given (except for a byte order mark), readable for every user
 * (0444).
 */
export function publishTemplate(text: string, layout: Layout): void {
  writing(layout.template, () => publish(layout.template, text, 0o444));
}
