import { options } from '../../src/settings/cli/options.ts';
import { type Verb, verbs } from '../../src/settings/cli/verbs.ts';
import { programs } from '../programs.ts';
import { type ArgumentKind, kindOfOperand, kindOfValue, takesCommand } from './argument-kinds.ts';
import { verbsOf } from './program-verbs.ts';

/** Completion of both programs for bash. It needs no other script. */
export function bashCompletion(): string {
  const withValue = options.filter(({ value }) => value !== null);
  const operands = verbs
    .map((verb) => [verb, kindOfOperand(verb)] as const)
    .filter(([, kind]) => kind !== 'nothing');
  return template
    .replace('@VALUES@', () =>
      cases(
        withValue.map((option) => [`--${option.name}`, kindOfValue(option)]),
        '',
      ),
    )
    .replace('@OPERANDS@', () => cases(operands, '; return'))
    .replace('@COMMANDS@', verbs.filter(takesCommand).join(' | '))
    .replace('@OPTIONS@', verbs.map((verb) => `    ${verb}) words='${optionsOf(verb)}' ;;`).join('\n'))
    .replace(
      '@VERBS@',
      programs.map((program) => `    ${program}) words='${verbsOf(program).join(' ')}' ;;`).join('\n'),
    )
    .replace('@PROGRAMS@', programs.join(' '));
}

function optionsOf(verb: Verb): string {
  const names = options.filter((option) => option.verbs.includes(verb)).map(({ name }) => `--${name}`);
  return [...names, '--help', '--version', ...(takesCommand(verb) ? ['--'] : [])].join(' ');
}

/** Patterns of a `case` with what each offers: those that offer the same are one. */
function cases(entries: readonly (readonly [string, ArgumentKind])[], end: string): string {
  const groups = Map.groupBy(new Map(entries), ([, kind]) => offer(kind));
  return [...groups]
    .map(([action, same]) => `    ${same.map(([pattern]) => pattern).join(' | ')}) ${action}${end} ;;`)
    .join('\n');
}

function offer(kind: ArgumentKind): string {
  if (kind === 'nothing') return ':';
  if (kind === 'files') return '_multiflexi_emissary_paths -f "$current"';
  if (kind === 'directories') return '_multiflexi_emissary_paths -d "$current"';
  return `_multiflexi_emissary_words '${kind.join(' ')}' "$current"`;
}

const template = `# Completion for ${programs.join('(1) and ')}(1), made from the tables of their options.

_multiflexi_emissary_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_multiflexi_emissary_paths() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_multiflexi_emissary_command() {
  if declare -F _comp_command_offset >/dev/null; then _comp_command_offset "$1"
  elif declare -F _command_offset >/dev/null; then _command_offset "$1"
  elif [ "$COMP_CWORD" -eq "$1" ]; then mapfile -t COMPREPLY < <(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}")
  else _multiflexi_emissary_paths -f "\${COMP_WORDS[COMP_CWORD]}"
  fi
}

_multiflexi_emissary() {
  local current=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]} verb='' words='' index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index += 1)); do
    if [[ \${COMP_WORDS[index]} == -- ]]; then
      case $verb in @COMMANDS@) _multiflexi_emissary_command $((index + 1)) ;; esac
      return
    fi
    [[ -z $verb ]] && verb=\${COMP_WORDS[index]}
  done
  [[ $verb == emissary ]] && verb=run
  # Readline takes --name=value for three words.
  if [[ $current == = ]]; then current=''
  elif [[ $option == = ]]; then option=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  [[ -z $verb ]] || case $option in
@VALUES@
    *) option='' ;;
  esac
  [[ -n $verb && -n $option ]] && return
  [[ $current == -* ]] || case $verb in
@OPERANDS@
  esac
  case $verb in
    '') case \${1##*/} in
@VERBS@
      esac
      words+=' --help --version'
      ;;
@OPTIONS@
  esac
  _multiflexi_emissary_words "$words" "$current"
}

complete -F _multiflexi_emissary @PROGRAMS@
`;
