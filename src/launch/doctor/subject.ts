import type { Environment } from '../../settings/cli/environment.ts';
import type { EngineSetup } from '../engine.ts';
import { podProgram } from '../job/installed-program.ts';

/** What doctor examines. */
export interface Subject {
  readonly environment: Environment;
  /** The running file. */
  readonly program: string;
  /** The state directory. */
  readonly state: string;
  /** Aborted: the checks are to end. */
  readonly signal: AbortSignal;
}

/** What its engine is opened with. @throws Fault `usage` if the pod program is missing */
export function setupOf({ environment, program, state, signal }: Subject): EngineSetup {
  const path = environment.get('PATH');
  return {
    environment,
    options: new Map(),
    podProgram: podProgram(program),
    state,
    signal,
    // No more than a trial job needs.
    nativeEnvironment: path === null ? {} : { PATH: path },
  };
}
