import { parseArgs } from 'node:util';
import { Fault } from '../base/fault.ts';
import type { Environment } from './environment.ts';
import { type OptionSpec, options, type Verb } from './options.ts';

/** A verb's words, taken apart: option values by name, operands, and the job's words after `--` as bytes. */
export interface CommandLine {
  /** The option's value, else its variable's, else null. A switch is `'true'` or null. */
  value(name: string): string | null;
  readonly operands: readonly string[];
  /** Null when there is no `--`. */
  readonly command: readonly Buffer[] | null;
}

/**
 * Takes a verb's words apart by the table in `options.ts`.
 * @throws Fault `usage` for an unknown option, a missing value, an option of another verb
 */
export function readCommandLine(verb: Verb, words: readonly Buffer[], environment: Environment): CommandLine {
  const end = words.findIndex((word) => word.toString('latin1') === '--');
  const own = (end === -1 ? words : words.slice(0, end)).map((word) => word.toString());
  const specs = options.filter((option) => option.verbs.includes(verb));
  const { values, positionals } = parseWords(verb, own, specs);
  return {
    operands: positionals,
    command: end === -1 ? null : words.slice(end + 1),
    value: (name) => {
      const given = values[name];
      if (given !== undefined) return String(given);
      const spec = specs.find((option) => option.name === name);
      return spec === undefined ? null : fallback(spec, environment);
    },
  };
}

/** The option's name with where its value came from, for messages: `--grace` or `EMISSARY_GRACE_SECONDS`. */
export function sourceOf(name: string, words: readonly Buffer[], environment: Environment): string {
  const given = words.some((word) => {
    const text = word.toString();
    return text === `--${name}` || text.startsWith(`--${name}=`);
  });
  const variables = options.find((option) => option.name === name)?.variables ?? [];
  const variable = given ? undefined : variables.find((candidate) => environment.raw(candidate) !== null);
  return variable ?? `--${name}`;
}

function parseWords(verb: Verb, words: readonly string[], specs: readonly OptionSpec[]) {
  const config = Object.fromEntries(
    specs.map((spec) => [
      spec.name,
      { type: spec.value === null ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...words], options: config, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new Fault(
      'usage',
      `${verb}: ${optionSentence(cause as Error, words, specs)}; see emissary ${verb} --help`,
      {
        cause,
      },
    );
  }
}

function optionSentence(error: Error, words: readonly string[], specs: readonly OptionSpec[]): string {
  const unknown = words.find(
    (word) =>
      word.startsWith('-') && word !== '-' && !specs.some((spec) => word.split('=')[0] === `--${spec.name}`),
  );
  if (unknown !== undefined) return `unknown option ${unknown.split('=')[0]}`;
  return error.message.split('\n')[0]?.replace(/\.$/, '') ?? 'bad options';
}

function fallback(spec: OptionSpec, environment: Environment): string | null {
  if (spec.value !== null) {
    // An empty list of variables to mask means "none"; every other empty variable counts as not set.
    return spec.name === 'mask-env'
      ? (environment.raw('EMISSARY_MASK_ENV') ?? null)
      : environment.get(...spec.variables);
  }
  return environment.get(...spec.variables) === 'true' ? 'true' : null;
}
