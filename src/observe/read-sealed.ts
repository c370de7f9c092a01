import { faultStatus } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { Result, Started } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { type ContainerState, readEnded, readStarted, type Seal } from './container-state.ts';

/** An exited container, as its records describe it. */
export type SealedState = Extract<ContainerState, { kind: 'sealed' }>;

/** The state of a container whose seal exists, whether or not it is valid. */
export async function readSealed(
  volume: Volume,
  name: string,
  seal: Exclude<Seal, { kind: 'absent' }>,
): Promise<SealedState> {
  const started = await readStarted(volume, name);
  const found = await readResult(volume, name);
  const { result, complaint } = found;
  const sealed = { kind: 'sealed', result, started, doubt: null } as const;
  switch (seal.kind) {
    case 'garbage':
      return { ...sealed, exitCode: faultStatus.volume, complaint: seal.complaint };
    case 'unreadable':
      return withoutSeal(volume, name, found, started, seal.complaint);
    case 'valid': {
      const { exitCode } = seal;
      // The seal alone gives the exit code; outputs may be missing if the result cannot be read.
      if (found.mayPass) return { ...sealed, exitCode, complaint: null, doubt: complaint };
      return compare(volume, name, { ...sealed, exitCode, complaint });
    }
  }
}

/** A seal that is unreadable, but not garbage: the other records may give the exit code. */
async function withoutSeal(
  volume: Volume,
  name: string,
  { result }: FoundResult,
  started: Started | null,
  unreadable: string,
): Promise<SealedState> {
  const ended = await readEnded(volume, name, started);
  const known = result?.exitCode ?? ended?.exitCode ?? null;
  const sealed = { kind: 'sealed', result, started } as const;
  if (known === null)
    return { ...sealed, exitCode: faultStatus.volume, complaint: unreadable, doubt: unreadable };
  const source = result === null ? 'ended' : 'result.json';
  return { ...sealed, exitCode: known, complaint: null, doubt: `${unreadable}; its ${source} says ${known}` };
}

/** If the seal and the records contradict each other, the worse exit code counts. */
async function compare(volume: Volume, name: string, sealed: SealedState): Promise<SealedState> {
  const { exitCode, result, complaint } = sealed;
  if (result === null || result.exitCode !== exitCode) {
    const worse = exitCode !== 0 ? exitCode : (result?.exitCode ?? faultStatus.volume);
    const sentence =
      complaint ??
      `result.json of container ${name} says ${result?.exitCode}, but its exitcode says ${exitCode}`;
    return { ...sealed, exitCode: worse, complaint: sentence };
  }
  // An emissary failure, such as missing outputs, takes precedence over the job's own end.
  const ended = result.origin === 'job' ? await readEnded(volume, name, sealed.started) : null;
  if (ended === null || ended.exitCode === exitCode) return { ...sealed, complaint: null };
  const sentence = `ended of container ${name} says ${ended.exitCode}, but its exitcode says ${exitCode}`;
  return { ...sealed, exitCode: exitCode || ended.exitCode, complaint: sentence };
}

/** The result of reading `result.json`. */
interface FoundResult {
  readonly result: Result | null;
  readonly complaint: string | null;
  /** The failure does not concern the content: the file may be readable later, or by another user. */
  readonly mayPass: boolean;
}

async function readResult(volume: Volume, name: string): Promise<FoundResult> {
  const look = volume.read(`ctr/${name}/result.json`, limits.resultBytes);
  const complain = (clause: string, mayPass = false) => ({
    result: null,
    complaint: `result.json of container ${name} ${clause}`,
    mayPass,
  });
  if (look.kind === 'absent') return complain('is missing');
  if (look.kind === 'refused') return complain(look.reason, look.retry !== 'never');
  const { parseResult } = await import('./result-schema.ts');
  const result = parseResult(look.bytes);
  return result === null ? complain('is not a result record') : { result, complaint: null, mayPass: false };
}
