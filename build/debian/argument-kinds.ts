import { signalName } from '../../src/base/signal-names.ts';
import { descriptions } from '../../src/settings/cli/descriptions.ts';
import type { OptionSpec } from '../../src/settings/cli/option-spec.ts';
import { optionValues } from '../../src/settings/cli/option-values.ts';
import type { Verb } from '../../src/settings/cli/verbs.ts';

/** What a shell offers for an argument: words, names of files or directories, or nothing. */
export type ArgumentKind = readonly string[] | 'files' | 'directories' | 'nothing';

/** The signals up to the real-time ones, as people type them. */
const signals = Array.from({ length: 31 }, (_, index) => signalName(index + 1).replace(/^SIG/, ''));

const byPlaceholder: Readonly<Record<string, ArgumentKind>> = {
  CHART: 'files',
  FILE: 'files',
  PATH: 'files',
  PROGRAM: 'files',
  DIR: 'directories',
  SIGNAL: signals,
};

/** What fits an option that takes a value. */
export function kindOfValue({ name, value }: OptionSpec): ArgumentKind {
  return optionValues[name] ?? byPlaceholder[value ?? ''] ?? 'nothing';
}

/** What fits an operand of a verb. */
export function kindOfOperand(verb: Verb): ArgumentKind {
  const { usage } = descriptions[verb];
  if (usage.includes('.json')) return 'files';
  return usage.endsWith(' SIGNAL') ? ['main', ...signals] : 'nothing';
}

/** Whether a verb takes a command after `--`. */
export function takesCommand(verb: Verb): boolean {
  return descriptions[verb].usage.includes(' -- ');
}
