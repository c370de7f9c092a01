import { isAbsolute, join } from 'node:path';
import { Fault } from '../base/fault.ts';
import type { Application } from '../settings/application/application.ts';
import { defaultMask, maskEntries, nameTeller } from '../settings/secret-names.ts';
import { urlPasswords } from '../settings/url-passwords.ts';
import { isUnfit } from './is-expanded.ts';
import { Macros } from './macros.ts';

/** Where a job's relative files are when nothing else is said: every image has it. */
const jobDirectory = '/tmp';

/** A job's variables, the secret ones apart. */
export interface JobVariables {
  readonly plain: ReadonlyMap<string, string>;
  /** Those that a Secret holds: for what they are, or since a pod cannot hold them. */
  readonly secret: ReadonlyMap<string, string>;
  /** What the job's output is masked by: names that the default does not cover are added to it. */
  readonly mask: string;
  /** Puts their values into texts. */
  readonly macros: Macros;
  /** The job's own directory. */
  readonly directory: string;
}

const isMasked = nameTeller(maskEntries(defaultMask));
/** What Kubernetes takes as a variable's name in any version. */
const plainName = /^[-._A-Za-z][-._A-Za-z0-9]*$/;

/**
 * Joins the application's defaults with what was given, puts values into values, and tells the secrets: variables that the
 * definition says are, those whose names are masked, URLs with a password, and what a macro makes of such.
 *
 * @throws Fault `usage` that names every required variable without a value, and every value of a wrong type
 */
export function jobVariables(application: Application, given: ReadonlyMap<string, string>): JobVariables {
  const raw = new Map<string, string>();
  for (const { name, defaultValue } of application.variables)
    if (defaultValue !== null) raw.set(name, defaultValue);
  for (const [name, value] of given) raw.set(name, value);
  const directory = placeFiles(raw);
  // A variable without a value is an empty text where it is named.
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
    ...expanded.filter(({ name, text }) => isMasked(name) || hasPassword(text)).map(({ name }) => name),
  ]);
  const derived = expanded.filter(({ used }) => [...used].some((name) => sources.has(name)));
  const hidden = new Set([...sources, ...derived.map(({ name }) => name)]);
  const apart = ([name, value]: readonly [string, string]) =>
    hidden.has(name) || !plainName.test(name) || isUnfit(value);
  const added = [...fromDefinition, ...derived.map(({ name }) => name)].filter((name) => !isMasked(name));
  return {
    plain: new Map([...values].filter((entry) => !apart(entry))),
    secret: new Map([...values].filter(apart)),
    mask: [defaultMask, ...new Set(added)].join(','),
    macros,
    directory: absolute(macros.expand(directory, 'MULTIFLEXI_TMP').text, jobDirectory),
  };
}

/** A path of the job's: a relative one is below this directory. */
export function absolute(path: string, directory: string): string {
  return join(isAbsolute(path) ? '/' : directory, path);
}

/** Gives the job its directory, and the report its absolute name in there, as MultiFlexi does. */
function placeFiles(raw: Map<string, string>): string {
  const directory = raw.get('MULTIFLEXI_TMP') || jobDirectory;
  raw.set('MULTIFLEXI_TMP', directory);
  const report = raw.get('RESULT_FILE') ?? '';
  if (report !== '' && !/^(\/|\$?\{MULTIFLEXI_TMP\})/.test(report))
    raw.set('RESULT_FILE', `${directory.replace(/\/+$/, '')}/${report}`);
  return directory;
}

function hasPassword(text: string): boolean {
  return urlPasswords(text, isMasked).length > 0;
}

const shapes: Readonly<Record<string, RegExp>> = {
  integer: /^[+-]?\d+$/,
  float: /^[+-]?\d*\.?\d+([eE][+-]?\d+)?$/,
  bool: /^(true|false|yes|no|on|off|0|1)$/i,
};

/** With these the wrapper would not be the one that the rest of the pod waits for. */
const forThePod =
  /^EMISSARY_(ROOT|CONTAINER_NAME|GRACE_SECONDS|TIMEOUT_SECONDS|ENV_FILE|ARGS_FILE)$|^ARGO_CONTAINER_(NAME|ARGS_FILE)$/;

function checkValues(application: Application, values: ReadonlyMap<string, string>): void {
  const found: string[] = [];
  for (const name of values.keys())
    if (forThePod.test(name))
      found.push(`${name} is not the job's to set: the pod sets it by its own options`);
  for (const { name, type, required } of application.variables) {
    const value = values.get(name) ?? '';
    if (value === '' && required) found.push(`${name} is required and has no value`);
    else if (value !== '' && shapes[type]?.test(value) === false)
      found.push(`${name} is not of the type ${type}`);
  }
  if (found.length > 0) throw new Fault('usage', `manifest: ${found.join('; ')}`);
}
