import { Fault } from '../../base/fault.ts';
import { type CommandLine, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';

/** Where a template that a process was given comes from: a file, standard input, or the text itself. */
export type GivenTemplate =
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'stdin' }
  | { readonly from: 'text'; readonly text: string; readonly variable: string };

/** The template of `--template` or of its variables; null if there is none. */
export function givenTemplate(line: CommandLine, { environment }: Invocation): GivenTemplate | null {
  const option = line.value('template');
  if (option === '-') return { from: 'stdin' };
  if (option !== null) return { from: 'file', path: option };
  for (const variable of ['EMISSARY_TEMPLATE', 'ARGO_TEMPLATE']) {
    const text = environment.get(variable);
    if (text !== null) return { from: 'text', text, variable };
  }
  return null;
}

/** The same, where standard input is somebody else's. @throws Fault `usage` for `-` */
export function mountedTemplate(
  line: CommandLine,
  invocation: Invocation,
  args: readonly Buffer[],
): GivenTemplate | null {
  const given = givenTemplate(line, invocation);
  if (given?.from !== 'stdin') return given;
  const source = sourceOf('template', args, invocation.environment);
  throw new Fault('usage', `${source} must name a file here: only init reads standard input`);
}
