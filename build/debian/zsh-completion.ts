import { descriptions } from '../../src/settings/cli/descriptions.ts';
import { options } from '../../src/settings/cli/options.ts';
import { type Verb, verbs } from '../../src/settings/cli/verbs.ts';
import { programs } from '../programs.ts';
import { type ArgumentKind, kindOfOperand, kindOfValue } from './argument-kinds.ts';
import { verbsOf } from './program-verbs.ts';

/** Completion of both programs for zsh, by its own `_arguments`. */
export function zshCompletion(): string {
  const offered = programs.map(
    (program) => `    ${program}) verbs=(${verbsOf(program).map(described).join(' ')}) ;;`,
  );
  const known = verbs.map((verb) => `    ${verb}) _arguments ${argumentsOf(verb).join(' ')} ;;`);
  return `#compdef ${programs.join(' ')}
# Made from the tables of their options.
local -a verbs
if (( CURRENT == 2 )); then
  case $service in
${offered.join('\n')}
  esac
  _describe verb verbs
  return
fi
# What follows -- is a command of its own.
local -i dashes=\${words[(i)--]}
if (( dashes < CURRENT )); then
  words=(\${words[dashes + 1,-1]})
  (( CURRENT -= dashes ))
  _normal
  return
fi
local verb=$words[2]
shift words
(( CURRENT -= 1 ))
case $verb in
${known.join('\n')}
esac
`;
}

function described(verb: Verb): string {
  const [summary = ''] = descriptions[verb].text.split(/[.\n]/);
  return quoted(`${verb}:${summary.replaceAll(':', '\\:')}`);
}

function argumentsOf(verb: Verb): readonly string[] {
  const known = options
    .filter((option) => option.verbs.includes(verb))
    .map((option) => {
      const help = `[${option.help.replace(/[[\]:]/g, '\\$&')}]`;
      if (option.value === null) return `--${option.name}${help}`;
      return `--${option.name}=${help}:${option.value.replaceAll(':', '\\:')}:${action(kindOfValue(option))}`;
    });
  const operand = kindOfOperand(verb);
  return [
    ...known,
    '--help[show the options]',
    '--version[show the version]',
    ...(operand === 'nothing' ? [] : [`*:operand:${action(operand)}`]),
  ].map(quoted);
}

function action(kind: ArgumentKind): string {
  if (kind === 'nothing') return ' ';
  if (kind === 'files') return '_files';
  return kind === 'directories' ? '_files -/' : `(${kind.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
