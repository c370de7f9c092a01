import { Fault, reasonOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { Environment } from '../cli/environment.ts';
import { readGiven } from '../cli/read-given.ts';

/**
 * A secret from a variable, or from the file that another variable names.
 *
 * @throws Fault `usage` if both are set or the file cannot be read
 */
export function secret(environment: Environment, name: string): string | null {
  const value = environment.get(name);
  const file = environment.get(`${name}_FILE`);
  if (file === null) return value;
  if (value !== null) throw new Fault('usage', `${name} and ${name}_FILE are both set; set one of them`);
  return readText(file, `${name}_FILE`).replace(/\r?\n$/, '');
}

/** The text of a file that a variable names. @throws Fault `usage` */
export function readText(file: string, source: string): string {
  try {
    return readGiven(file, limits.variablesFileBytes);
  } catch (cause) {
    throw new Fault('usage', `${source}: cannot read its file (${reasonOf(cause)})`, { cause });
  }
}
