import { Fault } from '../../base/fault.ts';
import type { Environment } from './environment.ts';
import type { OptionSpec } from './option-spec.ts';
import { options } from './options.ts';
import { helpOf, type Verb } from './verbs.ts';

/** The parsed arguments of a verb: option values by name, operands, and the job's command after `--` as bytes. */
export interface CommandLine {
  /** The option's value, else its variable's, else null. A switch is `'true'` or null. */
  value(name: string): string | null;
  readonly operands: readonly string[];
  /** Null if there is no `--`. */
  readonly command: readonly Buffer[] | null;
}

/**
 * Parses a verb's arguments by the table in `options.ts`: `--name value`, `--name=value`, `--switch`, operands. Not
 * with `util.parseArgs`, which delays the job's start by a millisecond and does not report which argument is wrong.
 *
 * @param strictness `lenient` ignores errors: used to find out where to report them
 * @throws Fault `usage` for an unknown option, a missing value, an option of another verb
 */
export function readCommandLine(
  verb: Verb,
  args: readonly Buffer[],
  environment: Environment,
  strictness: 'strict' | 'lenient' = 'strict',
): CommandLine {
  const end = args.findIndex((arg) => arg.toString('latin1') === '--');
  const own = (end === -1 ? args : args.slice(0, end)).map((arg) => arg.toString());
  const specs = options.filter((option) => option.verbs.includes(verb));
  const { values, operands } = parseArgs(verb, own, specs, strictness);
  return {
    operands,
    command: end === -1 ? null : args.slice(end + 1),
    value: (name) => {
      const given = values.get(name);
      if (given !== undefined) return given;
      const spec = specs.find((option) => option.name === name);
      return spec === undefined ? null : fallback(spec, environment);
    },
  };
}

/** @throws Fault `usage` if a verb without operands got some */
export function rejectOperands(verb: Verb, { operands, command }: CommandLine): void {
  if (operands.length === 0 && command === null) return;
  throw new Fault(
    'usage',
    `${verb} takes no operands, found ${operands.length > 0 ? 'one' : '--'}; ${helpOf(verb)}`,
  );
}

/** The source of an option's value, for messages: `--grace` or `EMISSARY_GRACE_SECONDS`. */
export function sourceOf(name: string, args: readonly Buffer[], environment: Environment): string {
  const texts = args.map((arg) => arg.toString());
  const end = texts.indexOf('--');
  const own = end === -1 ? texts : texts.slice(0, end);
  const given = own.some((text) => text === `--${name}` || text.startsWith(`--${name}=`));
  const variables = options.find((option) => option.name === name)?.variables ?? [];
  const variable = given ? undefined : variables.find((candidate) => environment.raw(candidate) !== null);
  return variable ?? `--${name}`;
}

function parseArgs(
  verb: Verb,
  args: readonly string[],
  specs: readonly OptionSpec[],
  strictness: 'strict' | 'lenient',
) {
  const values = new Map<string, string>();
  const operands: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      continue;
    }
    const [flag = '', given] = splitOption(arg);
    const spec = specs.find(({ name }) => flag === `--${name}`);
    const separate = takesNextArg(spec, given);
    if (separate) index += 1;
    const value = separate ? args[index] : given;
    const problem = problemWith(spec, flag, value);
    if (problem === null) values.set(flag.slice('--'.length), value ?? 'true');
    else if (strictness === 'strict') throw new Fault('usage', `${verb}: ${problem}; ${helpOf(verb)}`);
  }
  return { values, operands };
}

/** Anything else that begins with a dash may be the value of another option. */
const optionName = /^(-[a-z]|--[a-z-]{1,40})$/i;

function takesNextArg(spec: OptionSpec | undefined, given: string | undefined): boolean {
  return spec !== undefined && spec.value !== null && given === undefined;
}

function problemWith(spec: OptionSpec | undefined, flag: string, value: string | undefined): string | null {
  if (spec === undefined) return `unknown option${optionName.test(flag) ? ` ${flag}` : ''}`;
  if (spec.value === null) return value === undefined ? null : `option ${flag} takes no value`;
  return value === undefined ? `option ${flag} needs a value (${spec.value})` : null;
}

/** Splits `--name=value`; the value is undefined if there is no `=`. */
function splitOption(arg: string): readonly string[] {
  const equals = arg.indexOf('=');
  return equals === -1 ? [arg] : [arg.slice(0, equals), arg.slice(equals + 1)];
}

function fallback(spec: OptionSpec, environment: Environment): string | null {
  if (spec.value !== null) {
    const [first] = spec.variables;
    return spec.emptyMeansNone === true && first !== undefined
      ? environment.raw(first)
      : environment.get(...spec.variables);
  }
  return environment.get(...spec.variables) === 'true' ? 'true' : null;
}
