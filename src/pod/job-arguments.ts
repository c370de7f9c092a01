import { Fault } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { Application } from '../settings/application/application.ts';
import { isExpanded, isUnfit } from './is-expanded.ts';
import type { JobVariables } from './job-variables.ts';

/** What looks like a variable's name, and not like a piece of a script. */
const named = /^\$?\{[A-Z][A-Z0-9_+-]*\}$/;

/** A job's words after the executable. */
export interface JobArguments {
  readonly args: readonly string[];
  /** They hold a secret, or what a pod's words are not the same everywhere for (`is-expanded.ts`): a file has to hold them. */
  readonly apart: boolean;
}

/**
 * Makes words of a command line template: spaces part them, single and double quotes keep them together, `{NAME}` and
 * `${NAME}` are a variable's value, which is never parted. What is no variable's name stays, as with MultiFlexi.
 *
 * @throws Fault `usage` for a quote that is not closed, an executable that would be changed
 */
export function jobArguments({ executable, parameters }: Application, variables: JobVariables): JobArguments {
  // The words after it can be put apart, it cannot.
  if (isExpanded(executable))
    throw new Fault('usage', 'executable: must not contain $( or $$, which Kubernetes would change');
  const found = split(parameters).map((arg) => variables.macros.expand(arg, 'cmdparams'));
  const unknown = found.flatMap((arg) => [...arg.unknown]).filter((text) => named.test(text));
  for (const text of new Set(unknown))
    log(`cmdparams: there is no variable ${text}; it stays there as it is`);
  const secret = found.some(({ used }) => [...used].some((name) => variables.secret.has(name)));
  const args = found.map(({ text }) => text);
  return { args, apart: secret || args.some(isUnfit) };
}

function split(template: string): readonly string[] {
  const pieces = /\s+|"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+)|(["'])/g;
  const args: string[] = [];
  let arg: string | null = null;
  for (const [piece, double, single, bare, stray] of template.matchAll(pieces)) {
    if (stray !== undefined) throw new Fault('usage', `cmdparams: a quote (${stray}) is not closed`);
    const text = double?.replace(/\\(["\\])/g, '$1') ?? single ?? bare;
    if (text !== undefined) arg = (arg ?? '') + text;
    else if (piece.trim() === '' && arg !== null) {
      args.push(arg);
      arg = null;
    }
  }
  return arg === null ? args : [...args, arg];
}
