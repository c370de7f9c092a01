import type { Environment } from './environment.ts';

/**
 * The variables with those of the file that EMISSARY_ENV_FILE names. Most have none: the reader of one is not loaded for
 * them.
 *
 * @throws Fault `usage`
 */
export async function allVariables(environment: Environment): Promise<Environment> {
  if (environment.get('EMISSARY_ENV_FILE') === null) return environment;
  return (await import('./variables-file.ts')).withVariablesFile(environment);
}
