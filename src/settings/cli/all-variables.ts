import type { Environment } from './environment.ts';

/**
 * The environment, plus the variables of the file in EMISSARY_ENV_FILE. Its reader is loaded only when that is set.
 *
 * @throws Fault `usage`
 */
export async function allVariables(environment: Environment): Promise<Environment> {
  if (environment.get('EMISSARY_ENV_FILE') === null) return environment;
  return (await import('./variables-file.ts')).withVariablesFile(environment);
}
