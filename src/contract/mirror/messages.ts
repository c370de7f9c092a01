import { limits } from '../../base/limits.ts';
import { containerNamePattern } from '../container-name.ts';

/** `ready`: the sender has taken its place and can be sent the state of the mirror. */
export interface Ready {
  /** The random name of the volume. */
  readonly volume: string;
}

/** `begin`: the template has been sent, and these containers follow. */
export interface Begin {
  readonly containers: readonly string[];
}

/** `start`: the last of the receiver's first frames; what the mirror has of the outputs. */
export interface Start {
  /** The volume that the mirror is of; null for a new mirror. */
  readonly volume: string | null;
  /** The last output that the mirror has, in the order of travel; each byte a character (latin1). */
  readonly after: string | null;
  /** The output that has arrived in part. */
  readonly partial: { readonly path: string; readonly size: number; readonly tail: string } | null;
}

/** `end`: everything has been sent. */
export interface End {
  /** Outputs that the mirror must have. */
  readonly outputs: number;
  /** Entries of the outputs that are no regular files of their own, and were left out. */
  readonly skipped: number;
}

/** @returns null if the text is not what it should be; each of these was sent by a program that is not trusted */
export function parseReady(text: Buffer): Ready | null {
  const { volume } = objectIn(text);
  return isVolumeName(volume) ? { volume } : null;
}

/** @returns null as above */
export function parseBegin(text: Buffer): Begin | null {
  const { containers } = objectIn(text);
  if (!Array.isArray(containers) || containers.length > limits.containers) return null;
  const isName = (name: unknown) => typeof name === 'string' && containerNamePattern.test(name);
  return containers.every(isName) ? { containers: containers as readonly string[] } : null;
}

/** @returns null as above */
export function parseStart(text: Buffer): Start | null {
  const { volume, after, partial } = objectIn(text);
  const known = volume === null || isVolumeName(volume);
  if (!known || !(after === null || typeof after === 'string')) return null;
  if (partial === null) return { volume, after, partial };
  const { path, size, tail } = asObject(partial);
  if (typeof path !== 'string' || !isCount(size) || typeof tail !== 'string') return null;
  return { volume, after, partial: { path, size, tail } };
}

/** @returns null as above */
export function parseEnd(text: Buffer): End | null {
  const { outputs, skipped } = objectIn(text);
  return isCount(outputs) && isCount(skipped) ? { outputs, skipped } : null;
}

/** Whether this may be the random name of a volume. */
export function isVolumeName(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value);
}

function objectIn(text: Buffer): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text.toString()));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
