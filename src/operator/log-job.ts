import { type LogLevel, log } from '../base/log.ts';
import type { Place } from './object-key.ts';

/**
 * Logs something about a job. In JSON, its namespace and name are keys of their own.
 *
 * @param more other keys for JSON
 */
export function logJob(
  { namespace, name }: Place,
  message: string,
  of: { readonly level?: LogLevel; readonly more?: Readonly<Record<string, unknown>> } = {},
): void {
  log(`${namespace}/${name}: ${message}`, of.level ?? 'warning', { namespace, job: name, ...of.more });
}
