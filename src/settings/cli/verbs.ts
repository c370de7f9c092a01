/** The verbs of both programs; `emissary` is `run` under Argo's name. */
export const verbs = ['init', 'run', 'wait', 'signal', 'report', 'status', 'manifest', 'launch'] as const;

/** One verb. */
export type Verb = (typeof verbs)[number];

/** Verbs that only the program outside of pods has. */
const hostVerbs: readonly Verb[] = ['manifest', 'launch'];

/** Where a verb's help is, for the end of a message: `see emissary run --help`. */
export function helpOf(verb: Verb): string {
  return `see ${hostVerbs.includes(verb) ? 'multiflexi-emissary' : 'emissary'} ${verb} --help`;
}
