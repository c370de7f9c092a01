import { Fault } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { Application } from '../settings/application/application.ts';
import { isExpanded, isUnsafeInPod } from './is-expanded.ts';
import type { JobVariables } from './job-variables.ts';

/** Matches what looks like a variable's name rather than a piece of a script. */
const named = /^\$?\{[A-Z][A-Z0-9_+-]*\}$/;

/** A job's arguments after the executable. */
export interface JobArguments {
  readonly args: readonly string[];
  /** Whether they contain a secret, or a text unsafe in a pod (`is-expanded.ts`), and so belong in a Secret. */
  readonly inSecret: boolean;
}

/**
 * Splits a command line template into arguments at spaces, except within single and double quotes. `{NAME}` and
 * `${NAME}` expand to a variable's value, which is never split. Unknown names stay, as in MultiFlexi.
 *
 * @throws Fault `usage` for an unclosed quote, and for an executable that Kubernetes would change
 */
export function jobArguments({ executable, parameters }: Application, variables: JobVariables): JobArguments {
  // The arguments can go into a Secret; the executable cannot.
  if (isExpanded(executable))
    throw new Fault('usage', 'executable: must not contain $( or $$, which Kubernetes would expand');
  const found = split(parameters).map((arg) => variables.macros.expand(arg, 'cmdparams'));
  const unknown = found.flatMap((arg) => [...arg.unknown]).filter((text) => named.test(text));
  for (const text of new Set(unknown)) log(`cmdparams: unknown variable ${text} is left as it is`);
  const secret = found.some(({ used }) => [...used].some((name) => variables.secret.has(name)));
  const args = found.map(({ text }) => text);
  return { args, inSecret: secret || args.some(isUnsafeInPod) };
}

function split(template: string): readonly string[] {
  const pieces = /\s+|"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+)|(["'])/g;
  const args: string[] = [];
  let arg: string | null = null;
  for (const [piece, double, single, bare, stray] of template.matchAll(pieces)) {
    if (stray !== undefined) throw new Fault('usage', `cmdparams: unclosed quote (${stray})`);
    const text = double?.replace(/\\(["\\])/g, '$1') ?? single ?? bare;
    if (text !== undefined) arg = (arg ?? '') + text;
    else if (piece.trim() === '' && arg !== null) {
      args.push(arg);
      arg = null;
    }
  }
  return arg === null ? args : [...args, arg];
}
