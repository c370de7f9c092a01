import { faultStatus } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { parseExitCode, type Result, type Started } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';

/** What the volume says of one container. */
export type ContainerState =
  /** Nothing yet: its image is being pulled, or it waits for a dependency. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly started: Started | null }
  /** `exitcode` is there. `complaint` says what is wrong with it or with the result, null when all is well. */
  | {
      readonly kind: 'sealed';
      readonly exitCode: number;
      readonly result: Result | null;
      readonly started: Started | null;
      readonly complaint: string | null;
    }
  /** The wrapper died without a seal, or was never started; `reason` is a sentence. */
  | { readonly kind: 'lost'; readonly started: Started | null; readonly reason: string };

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

/** The state of a container whose seal is there, garbage or not. */
export async function readSealed(
  volume: Volume,
  name: string,
  seal: Exclude<Seal, { kind: 'absent' }>,
): Promise<Extract<ContainerState, { kind: 'sealed' }>> {
  const { result, complaint } = await readResult(volume, name);
  const started = await readStarted(volume, name);
  if (seal.kind === 'garbage')
    return { kind: 'sealed', exitCode: faultStatus.volume, result, started, complaint: seal.complaint };
  const { exitCode } = seal;
  if (result !== null && result.exitCode === exitCode) {
    return { kind: 'sealed', exitCode, result, started, complaint: null };
  }
  // The seal and the record contradict each other: the worse of the two is believed.
  const worse = exitCode !== 0 ? exitCode : (result?.exitCode ?? faultStatus.volume);
  const sentence =
    complaint ?? `result.json of container ${name} says ${result?.exitCode}, its exitcode ${exitCode}`;
  return { kind: 'sealed', exitCode: worse, result, started, complaint: sentence };
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
