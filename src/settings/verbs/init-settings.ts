import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { rootDirectory } from '../cli/values.ts';

/** The settings of `init`. */
export interface InitSettings {
  readonly root: string;
  /** Whether the program itself is installed. */
  readonly withProgram: boolean;
  /** The source of the template: a file, standard input, or the text itself. */
  readonly template:
    | { readonly from: 'file'; readonly path: string }
    | { readonly from: 'stdin' }
    | { readonly from: 'text'; readonly text: string; readonly variable: string };
}

/** @throws Fault `usage` */
export function initSettings(invocation: Invocation, args: readonly Buffer[]): InitSettings {
  const line = readCommandLine('init', args, invocation.environment);
  rejectOperands('init', line);
  return {
    root: rootDirectory(line.value('root'), sourceOf('root', args, invocation.environment)),
    withProgram: line.value('without-program') === null,
    template: templateSource(line.value('template'), invocation),
  };
}

function templateSource(option: string | null, invocation: Invocation): InitSettings['template'] {
  if (option === '-') return { from: 'stdin' };
  if (option !== null) return { from: 'file', path: option };
  for (const variable of ['EMISSARY_TEMPLATE', 'ARGO_TEMPLATE']) {
    const text = invocation.environment.get(variable);
    if (text !== null) return { from: 'text', text, variable };
  }
  return { from: 'text', text: '{}', variable: 'EMISSARY_TEMPLATE' };
}
