import { faultStatus } from '../base/fault.ts';
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
      /** Why it may not be the end of it: its wrapper lives. A sentence, or null. */
      readonly doubt: string | null;
    }
  /** There will be no seal, so far as can be known; `ended` is what is known of the job's end. `reason` is a sentence. */
  | {
      readonly kind: 'lost';
      readonly started: Started | null;
      readonly ended: Ended | null;
      readonly reason: string;
    };

/** What a look at `exitcode` found. */
export type Seal =
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly exitCode: number }
  | { readonly kind: 'garbage'; readonly complaint: string };

/** Looks at a container's seal. Anything but a whole decimal status is garbage, and never success. */
export function readSeal(volume: Volume, name: string): Seal {
  const look = volume.read(`ctr/${name}/exitcode`, limits.exitCodeBytes);
  switch (look.kind) {
    case 'absent':
      return look;
    case 'refused':
      return { kind: 'garbage', complaint: `exitcode of container ${name} ${look.reason}` };
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

/** The state of a container whose seal is there, garbage or not. */
export async function readSealed(
  volume: Volume,
  name: string,
  seal: Exclude<Seal, { kind: 'absent' }>,
): Promise<Extract<ContainerState, { kind: 'sealed' }>> {
  const { result, complaint } = await readResult(volume, name);
  const started = await readStarted(volume, name);
  const sealed = { kind: 'sealed', result, started, doubt: null } as const;
  if (seal.kind === 'garbage') return { ...sealed, exitCode: faultStatus.volume, complaint: seal.complaint };
  const { exitCode } = seal;
  if (result !== null && result.exitCode === exitCode) {
    // What the emissary says of itself, of outputs that are missing for one, stands above the job's own end.
    const ended = result.origin === 'job' ? await readEnded(volume, name, started) : null;
    if (ended === null || ended.exitCode === exitCode) return { ...sealed, exitCode, complaint: null };
    const sentence = `ended of container ${name} says ${ended.exitCode}, its exitcode ${exitCode}`;
    return { ...sealed, exitCode: exitCode || ended.exitCode, complaint: sentence };
  }
  // The seal and the record contradict each other: the worse of the two is believed.
  const worse = exitCode !== 0 ? exitCode : (result?.exitCode ?? faultStatus.volume);
  const sentence =
    complaint ?? `result.json of container ${name} says ${result?.exitCode}, its exitcode ${exitCode}`;
  return { ...sealed, exitCode: worse, complaint: sentence };
}

async function readResult(
  volume: Volume,
  name: string,
): Promise<{ readonly result: Result | null; readonly complaint: string | null }> {
  const look = volume.read(`ctr/${name}/result.json`, limits.resultBytes);
  const complain = (clause: string) => ({
    result: null,
    complaint: `result.json of container ${name} ${clause}`,
  });
  if (look.kind === 'absent') return complain('is missing');
  if (look.kind === 'refused') return complain(look.reason);
  const { parseResult } = await import('./result-schema.ts');
  const result = parseResult(look.bytes);
  return result === null ? complain('is not a result record') : { result, complaint: null };
}
