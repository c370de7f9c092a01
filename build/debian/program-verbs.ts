import { podCommands } from '../../src/pod-commands.ts';
import { type Verb, verbs } from '../../src/settings/cli/verbs.ts';
import type { programs } from '../programs.ts';

/** The name of one of the two programs. */
export type ProgramName = (typeof programs)[number];

/** The verbs of a program. */
export function verbsOf(program: ProgramName): readonly Verb[] {
  return program === 'emissary' ? verbs.filter(isPodVerb) : verbs;
}

/** The program that a verb is documented under: the smallest one that has it. */
export function homeOf(verb: Verb): ProgramName {
  return isPodVerb(verb) ? 'emissary' : 'multiflexi-emissary';
}

function isPodVerb(verb: Verb): boolean {
  return podCommands[verb] !== undefined;
}
