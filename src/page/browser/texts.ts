import type { PageVerdict } from '../page-model.ts';

/** A verdict as a person says it. */
export const verdictText: Readonly<Record<PageVerdict, string>> = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  terminated: 'Stopped',
  timedOut: 'Timed out',
  skipped: 'Skipped',
  error: 'Error of the emissary',
  lost: 'Lost',
  running: 'Running',
  waiting: 'Waiting',
};

/** A size, with three digits: `1.23 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** A time span in ms: `1 h 2 min 3 s`, `1.23 s`, `45 ms`. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return [...(hours > 0 ? [`${hours} h`] : []), `${minutes} min`, `${seconds % 60} s`].join(' ');
}

/** A moment, in the reader's own time zone, with its offset. */
export function momentText(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });
}

/** A time of day with ms, in the reader's own time zone. */
export function clockText(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const fraction = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction}`;
}
