import { limits } from '../../base/limits.ts';
import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { deadlineMs, rootDirectory, secondsToMs } from '../cli/values.ts';
import { type GivenTemplate, mountedTemplate } from './given-template.ts';

/** The settings of `wait`, except for the server, which is in `report-settings.ts`. */
export interface WaitSettings {
  readonly root: string;
  /** From the start of `wait`; 0 = none. */
  readonly timeoutMs: number;
  /** Ms since 1970, or null. */
  readonly deadlineMs: number | null;
  readonly graceMs: number;
  /** How long the volume is held for a receiver after the report; null: not at all. */
  readonly holdMs: number | null;
  /** It has precedence over the one on the volume; null if there is none. */
  readonly template: GivenTemplate | null;
  /** Where the verdict is left for whoever runs the container; null: nowhere. */
  readonly terminationLog: string | null;
}

/** @throws Fault `usage` */
export function waitSettings(invocation: Invocation, args: readonly Buffer[]): WaitSettings {
  const line = readCommandLine('wait', args, invocation.environment);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  rejectOperands('wait', line);
  const deadline = line.value('deadline');
  const hold = line.value('hold');
  return {
    root: rootDirectory(line.value('root'), from('root')),
    timeoutMs: secondsToMs(line.value('timeout') ?? '0', from('timeout')),
    deadlineMs: deadline === null ? null : deadlineMs(deadline, from('deadline')),
    graceMs: secondsToMs(line.value('grace') ?? String(limits.graceSeconds), from('grace')),
    holdMs: hold === null ? null : secondsToMs(hold, from('hold')),
    template: mountedTemplate(line, invocation, args),
    // An empty one is none.
    terminationLog: line.value('termination-log') || null,
  };
}
