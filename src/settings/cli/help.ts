import { descriptions } from './descriptions.ts';
import { options } from './options.ts';
import { variables } from './variables.ts';
import type { Verb } from './verbs.ts';

/**
 * The help of a program.
 *
 * @param verbs the verbs that it has
 */
export function programHelp(program: string, verbs: readonly Verb[]): string {
  const rows = verbs.map(
    (verb) => `  ${verb.padEnd(10)}${descriptions[verb].text.split('\n')[0]?.split(/(?<=\.) /)[0] ?? ''}`,
  );
  return [
    `${program}: ${purposes[program] ?? ''}`,
    '',
    `Usage: ${program} VERB [options]`,
    '',
    ...rows,
    '',
    `${program} VERB --help shows the options and an example. Exit status: the job's for run; 64 for a failure of the`,
    'emissary itself; 65 for an input that could not be staged; 126 not executable; 127 not found.',
    '',
  ].join('\n');
}

/** What each program is, for the head of its help. */
export const purposes: Readonly<Record<string, string>> = {
  emissary: 'the in-container job wrapper of MultiFlexi.',
  'multiflexi-emissary': "the job wrapper of MultiFlexi, for MultiFlexi's host.",
};

/** The help of one verb. */
export function verbHelp(program: string, verb: Verb): string {
  const { usage, text, example } = descriptions[verb];
  const rows = options
    .filter((option) => option.verbs.includes(verb))
    .flatMap((option) => {
      const args = `  --${option.name}${option.value === null ? '' : ` ${option.value}`}`;
      const alternatives =
        option.variables.length === 0 ? [] : [`${' '.repeat(26)}or ${option.variables.join(', ')}`];
      // Where the option is too long, its text goes into the next line.
      const lines =
        args.length > 24 ? [args, `${' '.repeat(26)}${option.help}`] : [`${args.padEnd(24)}  ${option.help}`];
      return [...lines, ...alternatives];
    });
  const others = variables
    .filter((variable) => variable.verbs.includes(verb))
    .flatMap(({ name, help }) => [`  ${name}`, `${' '.repeat(26)}${help}`]);
  return [
    `Usage: ${program} ${usage}`,
    '',
    text,
    '',
    'Options:',
    ...rows,
    '  --help                  show this help',
    '  --version               show the version',
    ...(others.length === 0 ? [] : ['', 'Variables without an option:', ...others]),
    '',
    'Example:',
    `  ${example.replaceAll('{program}', program)}`,
    '',
  ].join('\n');
}
