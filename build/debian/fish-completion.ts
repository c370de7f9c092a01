import { descriptions } from '../../src/settings/cli/descriptions.ts';
import { options } from '../../src/settings/cli/options.ts';
import type { Verb } from '../../src/settings/cli/verbs.ts';
import { type ArgumentKind, kindOfOperand, kindOfValue } from './argument-kinds.ts';
import { type ProgramName, verbsOf } from './program-verbs.ts';

/** Completion of one program for fish. */
export function fishCompletion(program: ProgramName): string {
  const known = verbsOf(program);
  const lines = [
    `complete -c ${program} -f`,
    ...known.map((verb) => `complete -c ${program} -n __fish_use_subcommand -a ${verb} -d ${summary(verb)}`),
    ...['help', 'version'].map((name) => `complete -c ${program} -l ${name} -d 'Show the ${name}'`),
    ...known.flatMap((verb) => {
      const condition = `complete -c ${program} -n '__fish_seen_subcommand_from ${verb}'`;
      const operand = kindOfOperand(verb);
      return [
        ...options
          .filter((option) => option.verbs.includes(verb))
          .map((option) => {
            const value = option.value === null ? '' : ` -r ${offer(kindOfValue(option))}`;
            return `${condition} -l ${option.name}${value} -d ${quoted(option.help)}`;
          }),
        ...(operand === 'nothing' ? [] : [`${condition} ${offer(operand)}`]),
      ];
    }),
  ];
  return `# Completion for ${program}(1), made from the tables of its options.\n${lines.join('\n')}\n`;
}

function offer(kind: ArgumentKind): string {
  if (kind === 'nothing') return '-f';
  if (kind === 'files') return '-F';
  return kind === 'directories' ? "-f -a '(__fish_complete_directories)'" : `-f -a ${quoted(kind.join(' '))}`;
}

function summary(verb: Verb): string {
  return quoted(descriptions[verb].text.split(/[.\n]/)[0] ?? '');
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
