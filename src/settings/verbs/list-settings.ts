import { Fault } from '../../base/fault.ts';
import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { stateDirectory } from './state-directory.ts';

/** The settings of `list`. */
export interface ListSettings {
  readonly state: string;
  readonly json: boolean;
  /** Finish what killed launchers have left. */
  readonly clean: boolean;
  /** Remove kept jobs, too. */
  readonly kept: boolean;
}

/** @throws Fault `usage` */
export function listSettings(invocation: Invocation, args: readonly Buffer[]): ListSettings {
  const line = readCommandLine('list', args, invocation.environment);
  rejectOperands('list', line);
  const clean = line.value('clean') !== null;
  const kept = line.value('kept') !== null;
  if (kept && !clean) throw new Fault('usage', 'list: --kept is for --clean');
  return {
    state: stateDirectory(line, invocation.environment, sourceOf('state', args, invocation.environment)),
    json: line.value('json') !== null,
    clean,
    kept,
  };
}
