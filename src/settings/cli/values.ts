import { isAbsolute } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { containerNamePattern } from '../../contract/container-name.ts';
import { defaultRoot } from '../../contract/layout.ts';

/**
 * Checks of single values. Each takes the text and its source (`--grace`, `EMISSARY_GRACE_SECONDS`) and throws a
 * Fault `usage` that names only the source: a rejected text may be a misplaced secret.
 */

/** Seconds, a decimal number ≥ 0. Returns milliseconds. */
export function secondsToMs(text: string, source: string): number {
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(seconds)) {
    throw new Fault('usage', `${source} is not a number of seconds (0 or more)`);
  }
  if (seconds > limits.maxSeconds) {
    throw new Fault('usage', `${source} is more than ${limits.maxSeconds} seconds`);
  }
  return Math.round(seconds * 1000);
}

/** A whole number ≥ 0. */
export function wholeNumber(text: string, source: string): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw new Fault('usage', `${source} is not a whole number (0 or more)`);
  }
  return value;
}

/** The ID of a job's row in MultiFlexi's database. */
export function jobNumber(text: string, source: string): number {
  const id = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  if (id < 1 || id > 0x7fff_ffff) {
    throw new Fault('usage', `${source} is not a job ID (a number, 1 or more)`);
  }
  return id;
}

/** A DNS label (RFC 1123), since it becomes the name of a directory and a container. */
export function containerName(text: string, source: string): string {
  if (!containerNamePattern.test(text)) {
    throw new Fault('usage', `${source} is not a container name (a DNS label: a-z, 0-9 and -, at most 63)`);
  }
  return text;
}

// Registry, path, tag, digest.
const imageCharacters = /^[\w./:@-]+$/;

/** The name of an image. */
export function imageName(text: string, source: string): string {
  if (!imageCharacters.test(text)) {
    throw new Fault('usage', `${source} is not an image (name:tag)`);
  }
  return text;
}

/** An absolute directory. */
export function rootDirectory(given: string | null, source: string): string {
  const text = given ?? defaultRoot;
  if (!isAbsolute(text) || text.includes('\0')) {
    throw new Fault('usage', `${source} is not an absolute path`);
  }
  return text;
}

/** RFC 3339; Go's zero time means none. Returns ms since 1970, or null. */
export function deadlineMs(text: string, source: string): number | null {
  if (text.startsWith('0001-01-01T00:00:00')) return null;
  const shape = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
  const ms = shape.test(text) ? Date.parse(text.replace(' ', 'T').toUpperCase()) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new Fault('usage', `${source} is not a time (RFC 3339, like 2026-01-31T22:00:00Z)`);
  }
  return ms;
}

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** A size of memory, such as 512m or 2g. Returns bytes; null if it is none. */
export function bytesOf(text: string): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/.exec(text.toLowerCase()) ?? [];
  const bytes = Math.floor(Number(number ?? 0) * (units[unit] ?? 1));
  return bytes > 0 ? bytes : null;
}
