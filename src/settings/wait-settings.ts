import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { readCommandLine, sourceOf } from './command-line.ts';
import type { Edge } from './edge.ts';
import { deadlineMs, rootDirectory, secondsToMs } from './values.ts';

/** The settings of `wait` that do not concern the server; those are in `report-settings.ts`. */
export interface WaitSettings {
  readonly root: string;
  /** From the start of `wait`; 0 = none. */
  readonly timeoutMs: number;
  /** Ms since 1970, or null. */
  readonly deadlineMs: number | null;
  readonly graceMs: number;
}

/** @throws Fault `usage` */
export function waitSettings(edge: Edge, words: readonly Buffer[]): WaitSettings {
  const line = readCommandLine('wait', words, edge.environment);
  const from = (name: string) => sourceOf(name, words, edge.environment);
  if (line.operands.length > 0 || line.command !== null) {
    throw new Fault(
      'usage',
      `wait takes no operands, found "${line.operands[0] ?? '--'}"; see emissary wait --help`,
    );
  }
  const deadline = line.value('deadline');
  return {
    root: rootDirectory(line.value('root') ?? '/var/run/argo', from('root')),
    timeoutMs: secondsToMs(line.value('timeout') ?? '0', from('timeout')),
    deadlineMs: deadline === null ? null : deadlineMs(deadline, from('deadline')),
    graceMs: secondsToMs(line.value('grace') ?? String(limits.graceSeconds), from('grace')),
  };
}
