import type { Check } from './check.ts';
import { clockCheck } from './clock-check.ts';
import { diskCheck } from './disk-check.ts';
import { programCheck } from './program-check.ts';
import { stateCheck } from './state-check.ts';
import type { Subject } from './subject.ts';

/** What every engine needs of this machine. */
export function hostChecks({ program, state }: Subject): readonly Check[] {
  return [programCheck(program), stateCheck(state), diskCheck(state), clockCheck(state, program)];
}
