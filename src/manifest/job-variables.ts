import { isAbsolute } from 'node:path';
import { Fault } from '../base/fault.ts';
import type { Application } from '../settings/application.ts';
import { defaultMask, secretNames } from '../settings/secret-names.ts';
import { isUnfit } from './is-expanded.ts';

/** Where a job's relative files are when nothing else is said: every image has it. */
export const jobDirectory = '/tmp';

/** A job's variables, the secret ones apart. */
export interface JobVariables {
  readonly plain: ReadonlyMap<string, string>;
  readonly secret: ReadonlyMap<string, string>;
  /** What the job's output is masked by: names that the default does not cover are added to it. */
  readonly mask: string;
}

/**
 * Joins the application's defaults with what was given, and tells the secrets: variables of the type `password`, and
 * those whose names are masked.
 *
 * @throws Fault `usage` that names every required variable without a value, and every value of a wrong type
 */
export function jobVariables(application: Application, given: ReadonlyMap<string, string>): JobVariables {
  const all = new Map<string, string>();
  for (const { name, defaultValue } of application.variables)
    if (defaultValue !== null) all.set(name, defaultValue);
  for (const [name, value] of given) all.set(name, value);
  checkValues(application, all);
  // The report is found where the job writes it only if both take a relative name for one below the same directory.
  if (!isAbsolute(all.get('RESULT_FILE') || '/') && !all.get('MULTIFLEXI_TMP'))
    all.set('MULTIFLEXI_TMP', jobDirectory);
  const passwords = application.variables.filter(({ type }) => type === 'password').map(({ name }) => name);
  const patterns = defaultMask.split(',').map(secretNames);
  const masked = (name: string) => patterns.some((pattern) => pattern.test(name));
  const apart = ([name, value]: readonly [string, string]) =>
    passwords.includes(name) || masked(name) || isUnfit(value);
  const entries = [...all];
  return {
    plain: new Map(entries.filter((entry) => !apart(entry))),
    secret: new Map(entries.filter(apart)),
    mask: [defaultMask, ...passwords.filter((name) => !masked(name))].join(','),
  };
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
