import { Fault } from '../base/fault.ts';
import type { Application } from '../settings/application.ts';
import { isExpanded, isUnfit } from './is-expanded.ts';
import type { JobVariables } from './job-variables.ts';

const placeholder = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** A job's words after the executable. */
export interface JobWords {
  readonly words: readonly string[];
  /** They hold a secret, or what a pod's words are not the same everywhere for (`is-expanded.ts`): a file has to hold them. */
  readonly apart: boolean;
}

/**
 * Makes words of a command line template: spaces part them, single and double quotes keep them together, `${NAME}` is a
 * variable's value, which is never parted.
 *
 * @throws Fault `usage` for a variable that is not there, a quote that is not closed, an executable that would be changed
 */
export function jobWords({ executable, parameters }: Application, variables: JobVariables): JobWords {
  // The words after it can be put apart, it cannot.
  if (isExpanded(executable))
    throw new Fault('usage', 'executable: must not contain $( or $$, which Kubernetes would change');
  let secret = false;
  const words = split(parameters).map((word) =>
    word.replace(placeholder, (_, name: string) => {
      const value = variables.plain.get(name) ?? variables.secret.get(name);
      if (value === undefined) throw new Fault('usage', `cmdparams: there is no variable \${${name}}`);
      secret ||= variables.secret.has(name);
      return value;
    }),
  );
  return { words, apart: secret || words.some(isUnfit) };
}

function split(template: string): readonly string[] {
  const pieces = /\s+|"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+)|(["'])/g;
  const words: string[] = [];
  let word: string | null = null;
  for (const [piece, double, single, bare, stray] of template.matchAll(pieces)) {
    if (stray !== undefined) throw new Fault('usage', `cmdparams: a quote (${stray}) is not closed`);
    const text = double?.replace(/\\(["\\])/g, '$1') ?? single ?? bare;
    if (text !== undefined) word = (word ?? '') + text;
    else if (piece.trim() === '' && word !== null) {
      words.push(word);
      word = null;
    }
  }
  return word === null ? words : [...words, word];
}
