import { limits } from '../base/limits.ts';
import {
  type Ended,
  type Paused,
  parseExitCode,
  type Result,
  type SavingProgress,
  type Started,
} from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';

/** The state of one container according to the volume. */
export type ContainerState =
  /** No trace yet: its image is being pulled, or it waits for a dependency. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly started: Started | null }
  /** The job has exited as `ended` records; its wrapper is saving the outputs and has not sealed them yet. */
  | { readonly kind: 'saving'; readonly started: Started | null; readonly ended: Ended }
  /** `exitcode` exists. `complaint` describes what is wrong with it or with the result; null if both are valid. */
  | {
      readonly kind: 'sealed';
      readonly exitCode: number;
      readonly result: Result | null;
      readonly started: Started | null;
      readonly complaint: string | null;
      /** Why the record may be incomplete or not final: a sentence, or null. */
      readonly doubt: string | null;
      /** Its wrapper is still alive. */
      readonly lives?: true;
    }
  /** No seal is expected any more; `ended` is what is known of the job's end. `reason` is a sentence. */
  | {
      readonly kind: 'lost';
      readonly started: Started | null;
      readonly ended: Ended | null;
      readonly reason: string;
      /** It was given up and may still exit. */
      readonly givenUp?: true;
    };

/** The result of reading `exitcode`. */
export type Seal =
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly exitCode: number }
  | { readonly kind: 'garbage'; readonly complaint: string }
  /** It exists but cannot be read now: its value may become known later, or from the other records. */
  | { readonly kind: 'unreadable'; readonly complaint: string; readonly retry: 'soon' | 'perhaps' };

/** Reads a container's seal. Anything but a complete decimal status is garbage, never success. */
export function readSeal(volume: Volume, name: string): Seal {
  const look = volume.read(`ctr/${name}/exitcode`, limits.exitCodeBytes);
  switch (look.kind) {
    case 'absent':
      return look;
    case 'refused': {
      const complaint = `exitcode of container ${name} ${look.reason}`;
      const { retry } = look;
      return retry === 'never' ? { kind: 'garbage', complaint } : { kind: 'unreadable', complaint, retry };
    }
    case 'read': {
      const exitCode = parseExitCode(look.bytes);
      if (exitCode !== null) return { kind: 'valid', exitCode };
      return { kind: 'garbage', complaint: `exitcode of container ${name} is not a status (0 to 255)` };
    }
  }
}

/** The container's `started` record; null if it is missing or invalid. */
export async function readStarted(volume: Volume, name: string): Promise<Started | null> {
  const look = volume.read(`ctr/${name}/started`, limits.startedBytes);
  if (look.kind !== 'read') return null;
  const { parseStarted } = await import('./result-schema.ts');
  return parseStarted(look.bytes);
}

/** The `ended` record of the last attempt; null while that attempt runs, or if it left no record. */
export async function readEnded(
  volume: Volume,
  name: string,
  started: Started | null,
): Promise<Ended | null> {
  const look = volume.read(`ctr/${name}/ended`, limits.startedBytes);
  if (look.kind !== 'read') return null;
  const { parseEnded } = await import('./result-schema.ts');
  const ended = parseEnded(look.bytes);
  return ended !== null && ended.attempt >= (started?.attempt ?? 0) ? ended : null;
}

/** Whether another attempt may follow this one: if so, nothing is saved yet. */
export function mayBeRetried({ verdict, attempt }: Ended, attempts: number): boolean {
  return verdict === 'failed' && attempt < attempts;
}

/** What the wrapper of a failed job waits for; null if it does not. */
export async function readPaused(volume: Volume, name: string): Promise<Paused | null> {
  const look = volume.read(`ctr/${name}/paused`, limits.startedBytes);
  if (look.kind !== 'read') return null;
  const { parsePaused } = await import('./result-schema.ts');
  return parsePaused(look.bytes);
}

/** How far a saving wrapper has got; null if it has not recorded it. */
export async function readSaving(volume: Volume, name: string): Promise<SavingProgress | null> {
  const look = volume.read(`ctr/${name}/saving`, limits.startedBytes);
  if (look.kind !== 'read') return null;
  const { parseSaving } = await import('./result-schema.ts');
  return parseSaving(look.bytes);
}

/**
 * The state of a container whose wrapper died without a seal. The job's own exit code survives if the wrapper had
 * recorded it.
 */
export function lostState(
  name: string,
  started: Started | null,
  ended: Ended | null,
): Extract<ContainerState, { kind: 'lost' }> {
  const when = started === null ? 'before it recorded the start of the job' : 'while the job was running';
  const reason =
    ended === null
      ? `The wrapper of container ${name} died ${when} and left no exit code: it was killed, or out of memory`
      : `The wrapper of container ${name} died while saving the job's outputs: some may be missing`;
  return { kind: 'lost', started, ended, reason };
}
