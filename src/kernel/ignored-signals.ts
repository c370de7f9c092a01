import { readFileSync } from 'node:fs';
import { lastSignal } from '../base/signal-names.ts';
import { bind } from './libc.ts';

/** Larger than struct sigaction (152 bytes) of any 64-bit glibc; the handler is its first word. */
const structBytes = 256;
const ignore = 1n;

/** All signal numbers. */
export const allSignals: readonly number[] = Array.from({ length: lastSignal }, (_, index) => index + 1);

const bindActions = () => bind({ sigaction: { arguments: ['i32', 'pointer', 'buffer'], return: 'i32' } });
const bindSetting = () => bind({ sigaction: { arguments: ['i32', 'buffer', 'pointer'], return: 'i32' } });
let asking: ReturnType<typeof bindActions> | null = null;
let setting: ReturnType<typeof bindSetting> | null = null;

/**
 * The signals that this process ignores. At its start, those are the ones that its parent set to be ignored, as
 * `nohup` and a shell's `trap ''` do. Read from /proc (proc_pid_status(5)), which is a millisecond faster than 64
 * calls.
 */
export function ignoredSignals(): readonly number[] {
  const ignored = ignoredMask();
  return allSignals.filter((signal) =>
    ignored === null
      ? actionOf(signal)?.readBigUInt64LE(0) === ignore
      : ((ignored >> BigInt(signal - 1)) & 1n) === 1n,
  );
}

/** Bit n-1 represents signal n; null where /proc is not mounted. */
function ignoredMask(): bigint | null {
  try {
    const [, mask] = /^SigIgn:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return mask === undefined ? null : BigInt(`0x${mask}`);
  } catch {
    return null;
  }
}

/** Ignores these signals from now on. */
export function ignoreSignals(signals: readonly number[]): void {
  const action = Buffer.alloc(structBytes);
  action.writeBigUInt64LE(ignore, 0);
  for (const signal of signals) set(signal, action);
}

/** Calls `act` while these signals are ignored, then restores their actions. */
export function whileIgnoring<T>(signals: readonly number[], act: () => T): T {
  const before = signals.map((signal) => [signal, actionOf(signal)] as const);
  ignoreSignals(signals);
  try {
    return act();
  } finally {
    for (const [signal, action] of before) if (action !== null) set(signal, action);
  }
}

/** Null for the two signals that the C library reserves. */
function actionOf(signal: number): Buffer | null {
  asking ??= bindActions();
  const action = Buffer.alloc(structBytes);
  return asking.sigaction(signal, 0n, action) === 0 ? action : null;
}

function set(signal: number, action: Buffer): void {
  setting ??= bindSetting();
  setting.sigaction(signal, action, 0n);
}
