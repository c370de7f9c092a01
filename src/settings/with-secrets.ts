import { join } from 'node:path';
import { errnoOf, Fault, reasonOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { Environment, nameOf } from './cli/environment.ts';
import { readGiven } from './cli/read-given.ts';
import type { SecretKey } from './template/remote-object.ts';

/** Where Argo mounts the Secrets that a template names, too. */
const defaultDirectory = '/argo/secret';

/** What belongs to other credentials than those of a Secret: together, they would be refused, or the others would be used. */
const ofOthers: Readonly<Record<string, readonly string[]>> = {
  AWS_ACCESS_KEY_ID: ['AWS_SESSION_TOKEN', 'AWS_PROFILE'],
  EMISSARY_HTTP_USER: ['EMISSARY_HTTP_TOKEN'],
};

/**
 * The environment, with what the Secrets say that a template names for one of its stores. A Secret is a directory, and its
 * keys are files, as Kubernetes mounts it; `EMISSARY_SECRETS_DIR` has the directories. Where one is not mounted, the variable
 * that says the same is used; one that is optional may be missing. A Secret's key or user stands alone: no token and no profile
 * of the environment goes with it.
 *
 * @throws Fault `usage` if a file of a mounted Secret cannot be read
 */
export function withSecrets(
  environment: Environment,
  secrets: Readonly<Record<string, SecretKey>>,
): Environment {
  const directory = environment.get('EMISSARY_SECRETS_DIR') ?? defaultDirectory;
  const found = Object.entries(secrets).flatMap(([name, key]) => {
    const isElsewhere = environment.get(name, `${name}_FILE`) !== null;
    const value = secretOf(key, { directory, isElsewhere, variable: name });
    return value === null ? [] : [[name, value] as const];
  });
  const names = found.flatMap(([name]) => [name, ...(ofOthers[name] ?? [])]);
  const replaced = new Set(names.flatMap((name) => [name, `${name}_FILE`]));
  return new Environment([
    ...found.map(([name, value]) => Buffer.from(`${name}=${value}`)),
    ...environment.entries.filter((entry) => !replaced.has(nameOf(entry))),
  ]);
}

function secretOf(
  { secret, key, optional }: SecretKey,
  of: { readonly directory: string; readonly isElsewhere: boolean; readonly variable: string },
): string | null {
  const path = join(of.directory, secret, key);
  try {
    return readGiven(path, limits.variablesFileBytes).replace(/\r?\n$/, '');
  } catch (cause) {
    if (of.isElsewhere || (optional === true && errnoOf(cause) === 'ENOENT')) return null;
    throw new Fault(
      'usage',
      `Cannot read key ${key} of Secret ${secret}: ${path}: ${reasonOf(cause)}; mount it, or set EMISSARY_SECRETS_DIR or ${of.variable}`,
      { cause },
    );
  }
}
