import type { Verb } from './verbs.ts';

/**
 * One option: its name, its verbs, its variables. The parser, the defaults and the help are derived from this table.
 */
export interface OptionSpec {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** The placeholder of its value; null for a switch. */
  readonly value: string | null;
  /** Variables that stand in for it, first found wins; those without `EMISSARY_` are Argo's. */
  readonly variables: readonly string[];
  readonly help: string;
  /** An empty variable means "none". Any other empty variable counts as not set. */
  readonly emptyMeansNone?: true;
}
