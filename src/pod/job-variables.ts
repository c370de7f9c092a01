import { isAbsolute, join } from 'node:path';
import { Fault } from '../base/fault.ts';
import type { Application } from '../settings/application/application.ts';
import { defaultMask, maskEntries, nameMatcher } from '../settings/secret-names.ts';
import { urlPasswords } from '../settings/url-passwords.ts';
import { isUnsafeInPod } from './is-expanded.ts';
import { Macros } from './macros.ts';

/** The default base of a job's relative paths; it exists in every image. */
const jobDirectory = '/tmp';

/** A job's variables, with the secret ones separate. */
export interface JobVariables {
  readonly plain: ReadonlyMap<string, string>;
  /** Variables in a Secret: they are secret, or a pod manifest cannot contain them. */
  readonly secret: ReadonlyMap<string, string>;
  /** The names to mask in the job's output: the default, plus the given ones, plus secret names that these do not cover. */
  readonly mask: string;
  /** Expands their values in texts. */
  readonly macros: Macros;
  /** The job's temporary directory. */
  readonly directory: string;
}

/** Variable names that every version of Kubernetes accepts. */
const plainName = /^[-._A-Za-z][-._A-Za-z0-9]*$/;

/**
 * Merges the application's defaults with the given values, expands macros, and finds the secrets: variables declared
 * secret, variables with masked names, URLs with a password, and values expanded from any of these.
 *
 * @param secretNames patterns of more masked names
 * @throws Fault `usage` that names every required variable without a value, and every value of a wrong type
 */
export function jobVariables(
  application: Application,
  given: ReadonlyMap<string, string>,
  secretNames: readonly string[] = [],
): JobVariables {
  const isMasked = nameMatcher([...maskEntries(defaultMask), ...secretNames]);
  const raw = new Map<string, string>();
  for (const { name, defaultValue } of application.variables)
    if (defaultValue !== null) raw.set(name, defaultValue);
  for (const [name, value] of given) raw.set(name, value);
  const directory = placeFiles(raw);
  // A variable without a value expands to an empty text.
  const declared = application.variables.map(({ name }) => [name, ''] as const);
  const macros = new Macros(new Map([...declared, ...raw]));
  const expanded = [...raw.keys()].flatMap((name) => {
    const value = macros.valueOf(name);
    return value === null ? [] : [{ name, ...value }];
  });
  const values = new Map(expanded.map(({ name, text }) => [name, text]));
  checkValues(application, values);
  const fromDefinition = application.variables.filter(({ secret }) => secret).map(({ name }) => name);
  const sources = new Set([
    ...fromDefinition,
    ...expanded
      .filter(({ name, text }) => isMasked(name) || urlPasswords(text, isMasked).length > 0)
      .map(({ name }) => name),
  ]);
  const derived = expanded.filter(({ used }) => [...used].some((name) => sources.has(name)));
  const hidden = new Set([...sources, ...derived.map(({ name }) => name)]);
  const inSecret = ([name, value]: readonly [string, string]) =>
    hidden.has(name) || !plainName.test(name) || isUnsafeInPod(value);
  const added = [...fromDefinition, ...derived.map(({ name }) => name)].filter((name) => !isMasked(name));
  return {
    plain: new Map([...values].filter((entry) => !inSecret(entry))),
    secret: new Map([...values].filter(inSecret)),
    mask: [defaultMask, ...new Set([...secretNames, ...added])].join(','),
    macros,
    directory: absolute(macros.expand(directory, 'MULTIFLEXI_TMP').text, jobDirectory),
  };
}

/** Resolves a path of the job; a relative one is below this directory. */
export function absolute(path: string, directory: string): string {
  return join(isAbsolute(path) ? '/' : directory, path);
}

/** Sets the job's temporary directory, and makes the report's path absolute, as MultiFlexi does. */
function placeFiles(raw: Map<string, string>): string {
  const directory = raw.get('MULTIFLEXI_TMP') || jobDirectory;
  raw.set('MULTIFLEXI_TMP', directory);
  const report = raw.get('RESULT_FILE') ?? '';
  if (report !== '' && !/^(\/|\$?\{MULTIFLEXI_TMP\})/.test(report))
    raw.set('RESULT_FILE', `${directory.replace(/\/+$/, '')}/${report}`);
  return directory;
}

const shapes: Readonly<Record<string, RegExp>> = {
  integer: /^[+-]?\d+$/,
  float: /^[+-]?\d*\.?\d+([eE][+-]?\d+)?$/,
  bool: /^(true|false|yes|no|on|off|0|1)$/i,
};

/** Variables that must agree with the rest of the pod. */
const forThePod =
  /^EMISSARY_(ROOT|CONTAINER_NAME|GRACE_SECONDS|TIMEOUT_SECONDS|ENV_FILE|ARGS_FILE)$|^ARGO_CONTAINER_(NAME|ARGS_FILE)$/;

function checkValues(application: Application, values: ReadonlyMap<string, string>): void {
  const found: string[] = [];
  for (const name of values.keys())
    if (forThePod.test(name))
      found.push(`${name} cannot be set for the job, since it must agree with the rest of it`);
  for (const { name, type, required } of application.variables) {
    const value = values.get(name) ?? '';
    if (value === '' && required) found.push(`${name} is required and has no value`);
    else if (value !== '' && shapes[type]?.test(value) === false)
      found.push(`${name} is not of the type ${type}`);
  }
  if (found.length > 0) throw new Fault('usage', found.join('; '));
}
