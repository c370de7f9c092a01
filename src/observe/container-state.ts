import { limits } from '../base/limits.ts';
import {
  type Ended,
  parseExitCode,
  type Result,
  type SavingProgress,
  type Started,
} from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';

/** What the volume says of one container. */
export type ContainerState =
  /** Nothing yet: its image is being pulled, or it waits for a dependency. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly started: Started | null }
  /** The job has ended as `ended` says; its wrapper saves what it left, and has not sealed yet. */
  | { readonly kind: 'saving'; readonly started: Started | null; readonly ended: Ended }
  /** `exitcode` is there. `complaint` says what is wrong with it or with the result, null when all is well. */
  | {
      readonly kind: 'sealed';
      readonly exitCode: number;
      readonly result: Result | null;
      readonly started: Started | null;
      readonly complaint: string | null;
      /** Why something of it may be missing, or not be its last word: a sentence, or null. */
      readonly doubt: string | null;
      /** Its wrapper lives. */
      readonly lives?: true;
    }
  /** There will be no seal, so far as can be known; `ended` is what is known of the job's end. `reason` is a sentence. */
  | {
      readonly kind: 'lost';
      readonly started: Started | null;
      readonly ended: Ended | null;
      readonly reason: string;
      /** It was given up, and may end yet. */
      readonly givenUp?: true;
    };

/** What a look at `exitcode` found. */
export type Seal =
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly exitCode: number }
  | { readonly kind: 'garbage'; readonly complaint: string }
  /** It is there, and cannot be read now: what it says may be known later, or from the other records. */
  | { readonly kind: 'unreadable'; readonly complaint: string; readonly passes: 'soon' | 'perhaps' };

/** Looks at a container's seal. Anything but a whole decimal status is garbage, and never success. */
export function readSeal(volume: Volume, name: string): Seal {
  const look = volume.read(`ctr/${name}/exitcode`, limits.exitCodeBytes);
  switch (look.kind) {
    case 'absent':
      return look;
    case 'refused': {
      const complaint = `exitcode of container ${name} ${look.reason}`;
      const { passes } = look;
      return passes === 'never' ? { kind: 'garbage', complaint } : { kind: 'unreadable', complaint, passes };
    }
    case 'read': {
      const exitCode = parseExitCode(look.bytes);
      if (exitCode !== null) return { kind: 'valid', exitCode };
      return { kind: 'garbage', complaint: `exitcode of container ${name} is not a status (0 to 255)` };
    }
  }
}

/** The container's `started` record, or null when it is not there or not one. */
export async function readStarted(volume: Volume, name: string): Promise<Started | null> {
  const look = volume.read(`ctr/${name}/started`, limits.startedBytes);
  if (look.kind !== 'read') return null;
  const { parseStarted } = await import('./result-schema.ts');
  return parseStarted(look.bytes);
}

/** How the last attempt that was started has ended, or null when it has not, or left no record of it. */
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

/** Whether another attempt may follow this end: then nothing is saved yet. */
export function mayBeRetried({ verdict, attempt }: Ended, attempts: number): boolean {
  return verdict === 'failed' && attempt < attempts;
}

/** How far a wrapper is that saves, or null when it has not told. */
export async function readSaving(volume: Volume, name: string): Promise<SavingProgress | null> {
  const look = volume.read(`ctr/${name}/saving`, limits.startedBytes);
  if (look.kind !== 'read') return null;
  const { parseSaving } = await import('./result-schema.ts');
  return parseSaving(look.bytes);
}

/**
 * The state of a container whose wrapper died without a seal. The job's own end is not lost with it, where the wrapper
 * had told it.
 */
export function lostState(
  name: string,
  started: Started | null,
  ended: Ended | null,
): Extract<ContainerState, { kind: 'lost' }> {
  const when = started === null ? 'before the job was started' : 'while the job was running';
  const reason =
    ended === null
      ? `The wrapper of container ${name} died ${when} and left no exit code: it was killed, or out of memory`
      : `The wrapper of container ${name} died while it saved what the job had left: outputs may be missing`;
  return { kind: 'lost', started, ended, reason };
}
