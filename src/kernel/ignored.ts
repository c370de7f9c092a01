import { readFileSync } from 'node:fs';
import { lastSignal } from '../base/signal-names.ts';
import { bind } from './libc.ts';

/** Larger than struct sigaction (152) of any 64-bit glibc; the handler is its first word. */
const structBytes = 256;
const ignore = 1n;

/** Every signal's number. */
export const allSignals: readonly number[] = Array.from({ length: lastSignal }, (_, index) => index + 1);

const bindActions = () => bind({ sigaction: { arguments: ['i32', 'pointer', 'buffer'], return: 'i32' } });
const bindSetting = () => bind({ sigaction: { arguments: ['i32', 'buffer', 'pointer'], return: 'i32' } });
let asking: ReturnType<typeof bindActions> | null = null;
let setting: ReturnType<typeof bindSetting> | null = null;

/**
 * The signals that this process ignores: at its start, those that its parent made it ignore, as `nohup` and a shell's
 * `trap ''` do. From /proc (proc_pid_status(5)), which is a millisecond quicker than asking for 64 of them.
 */
export function ignoredSignals(): readonly number[] {
  const ignored = ignoredMask();
  return allSignals.filter((signal) =>
    ignored === null
      ? actionOf(signal)?.readBigUInt64LE(0) === ignore
      : ((ignored >> BigInt(signal - 1)) & 1n) === 1n,
  );
}

/** Bit n-1 stands for signal n; null where /proc is not mounted. */
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

/** Does something while these signals are ignored; their actions are then what they were. */
export function whileIgnoring<T>(signals: readonly number[], act: () => T): T {
  const before = signals.map((signal) => [signal, actionOf(signal)] as const);
  ignoreSignals(signals);
  try {
    return act();
  } finally {
    for (const [signal, action] of before) if (action !== null) set(signal, action);
  }
}

/** Null for the two that the C library keeps to itself. */
function actionOf(signal: number): Buffer | null {
  asking ??= bindActions();
  const action = Buffer.alloc(structBytes);
  return asking.sigaction(signal, 0n, action) === 0 ? action : null;
}

function set(signal: number, action: Buffer): void {
  setting ??= bindSetting();
  setting.sigaction(signal, action, 0n);
}
