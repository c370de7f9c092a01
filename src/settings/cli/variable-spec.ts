import type { Verb } from './verbs.ts';

/** A variable without an option. This table is only for the help. */
export interface VariableSpec {
  readonly name: string;
  readonly verbs: readonly Verb[];
  readonly help: string;
}
