import { limits } from '../base/limits.ts';
import { readOnVolume } from '../base/read-regular.ts';
import type { ContainerLayout, Layout } from '../contract/layout.ts';
import { largestExitCode, lostExitCode, parseExitCode, type Result } from '../contract/records.ts';
import type { WrapperLiveness } from '../contract/wrapper-liveness.ts';

/** A container that has exited. */
export interface EndedContainer {
  readonly name: string;
  readonly exitCode: number;
  /** Its wrapper was killed before it could write an exit code; `exitCode` is 137 then. */
  readonly lost: boolean;
  /** It did not succeed, and that matters to those that depend on it. */
  readonly failed: boolean;
}

/** A container that is waited for. */
export interface Dependency {
  readonly name: string;
  readonly liveness: WrapperLiveness;
  /** When a seal was first seen while its wrapper was still alive; ms of a monotonic clock. */
  besideAt: number | null;
}

/**
 * How a container exited; null if it has not. Checks liveness first: a wrapper that is gone by then has already written
 * its seal, if it ever does.
 */
export function containerEnd(layout: Layout, dependency: Dependency): EndedContainer | null {
  const { name, liveness } = dependency;
  const life = liveness.look();
  const exitCode = readSeal(layout.container(name).exitCode);
  if (exitCode !== null) {
    dependency.besideAt ??= performance.now();
    // The seal is a wrapper's last act: while the wrapper is alive, the file may be someone else's.
    if (life === 'living' && performance.now() < dependency.besideAt + limits.sealBesideMs) return null;
    const failed = exitCode !== 0 && !isTolerated(layout.container(name));
    return { name, exitCode, lost: false, failed };
  }
  if (life !== 'gone') return null;
  // A wrapper that died while saving has already recorded its job's exit code.
  const known = readEnd(layout.container(name));
  return { name, exitCode: known ?? lostExitCode, lost: known === null, failed: known !== 0 };
}

/** Whether the failure of a sealed container does not count. */
function isTolerated({ result }: ContainerLayout): boolean {
  try {
    const bytes = readOnVolume(result, limits.resultBytes);
    const record = (bytes === null ? {} : JSON.parse(bytes.toString())) as Partial<Result> | null;
    return record?.tolerated === true && record.verdict === 'failed';
  } catch {
    return false; // Not a result.
  }
}

/** The exit code in `ended`; null if there is none, or a later attempt has started. */
function readEnd({ ended, started }: ContainerLayout): number | null {
  const last = readFields(ended, ['attempt', 'exitCode']);
  const code = last['exitCode'];
  if (last['attempt'] === undefined || code === undefined || code > largestExitCode) return null;
  return (readFields(started, ['attempt'])['attempt'] ?? 0) > last['attempt'] ? null : code;
}

/** Non-negative integers from a small JSON record; missing ones are left out. */
function readFields(path: string, names: readonly string[]): Readonly<Record<string, number>> {
  try {
    const bytes = readOnVolume(path, limits.startedBytes);
    const record = (bytes === null ? {} : JSON.parse(bytes.toString())) as Record<string, unknown> | null;
    const found = names.map((name) => [name, record?.[name]] as const);
    return Object.fromEntries(
      found.filter(
        (field): field is [string, number] => Number.isSafeInteger(field[1]) && Number(field[1]) >= 0,
      ),
    );
  } catch {
    return {}; // Not a record.
  }
}

/** The exit code in a seal; null if there is no valid seal. */
function readSeal(path: string): number | null {
  try {
    const bytes = readOnVolume(path, limits.exitCodeBytes);
    return bytes === null ? null : parseExitCode(bytes);
  } catch {
    return null; // Not a seal.
  }
}
