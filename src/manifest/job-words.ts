import { Fault } from '../base/fault.ts';
import type { JobVariables } from './job-variables.ts';

const placeholder = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Makes words of a command line template: spaces part them, single and double quotes keep them together, `${NAME}` is a
 * variable's value, which is never parted.
 *
 * @throws Fault `usage` for a variable that is not there, and for a secret: a command line can be read by every process
 */
export function jobWords(template: string, variables: JobVariables): readonly string[] {
  return split(template).map((word) =>
    word.replace(placeholder, (_, name: string) => {
      if (variables.secret.has(name)) {
        throw new Fault(
          'usage',
          `cmdparams: \${${name}} is a secret, and a command line is not; the job finds it in its environment`,
        );
      }
      const value = variables.plain.get(name);
      if (value === undefined) throw new Fault('usage', `cmdparams: there is no variable \${${name}}`);
      return value;
    }),
  );
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
