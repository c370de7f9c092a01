import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { rootDirectory } from '../cli/values.ts';
import { type GivenTemplate, givenTemplate } from './given-template.ts';

/** The settings of `init`. */
export interface InitSettings {
  readonly root: string;
  /** Whether the program itself is installed. */
  readonly withProgram: boolean;
  readonly template: GivenTemplate;
}

/** @throws Fault `usage` */
export function initSettings(invocation: Invocation, args: readonly Buffer[]): InitSettings {
  const line = readCommandLine('init', args, invocation.environment);
  rejectOperands('init', line);
  return {
    root: rootDirectory(line.value('root'), sourceOf('root', args, invocation.environment)),
    withProgram: line.value('without-program') === null,
    template: givenTemplate(line, invocation) ?? {
      from: 'text',
      text: '{}',
      variable: 'EMISSARY_TEMPLATE',
    },
  };
}
