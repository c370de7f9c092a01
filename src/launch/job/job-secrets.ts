import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { publish } from '../../contract/publish.ts';
import { secretsPath } from '../engine.ts';
import type { JobPlan } from './job-plan.ts';

const variablesFile = 'variables.json';
const argumentsFile = 'arguments.json';

/**
 * Writes the job's variables and hidden arguments to the files that its wrapper reads. Readable for every user: the
 * image's is unknown. The state directory above keeps this machine's other users out.
 *
 * @returns variables that tell the wrapper where they are
 * @throws the operating system's error
 */
export function writeSecrets(directory: string, plan: JobPlan): Readonly<Record<string, string>> {
  mkdirSync(directory, { recursive: true });
  // Whatever the umask: under systemd it may be 077.
  chmodSync(directory, 0o755);
  const { variables, hiddenArguments } = plan;
  if (variables.size > 0)
    publish(join(directory, variablesFile), JSON.stringify(Object.fromEntries(variables)), 0o444);
  if (hiddenArguments.length > 0)
    publish(join(directory, argumentsFile), JSON.stringify(hiddenArguments), 0o444);
  return {
    ...(variables.size > 0 && { EMISSARY_ENV_FILE: `${secretsPath}/${variablesFile}` }),
    ...(hiddenArguments.length > 0 && { EMISSARY_ARGS_FILE: `${secretsPath}/${argumentsFile}` }),
  };
}
