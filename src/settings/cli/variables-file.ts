import { Fault, reasonOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { Environment, nameOf } from './environment.ts';
import { mountedJson } from './mounted-json.ts';
import { readGiven } from './read-given.ts';

const variable = 'EMISSARY_ENV_FILE';

/**
 * Adds the variables of the file in EMISSARY_ENV_FILE, a JSON object of strings. A mounted Secret reaches a job this
 * way without appearing in the pod. A variable in the file replaces one of the same name.
 *
 * @throws Fault `usage`, which never shows a value
 */
export function withVariablesFile(environment: Environment): Environment {
  const file = environment.get(variable);
  if (file === null) return environment;
  const added = variablesIn(read(file));
  const names = new Set(added.map(([name]) => name));
  const kept = environment.entries.filter((entry) => !names.has(nameOf(entry)));
  return new Environment([...kept, ...added.map(([name, value]) => Buffer.from(`${name}=${value}`))]);
}

function variablesIn(text: string): readonly (readonly [string, string])[] {
  const entries = Object.entries(parseObject(mountedJson(text)));
  for (const [index, [name, value]] of entries.entries()) {
    const isValid = name !== '' && !/[=\0]/.test(name) && typeof value === 'string' && !value.includes('\0');
    if (!isValid)
      throw new Fault('usage', `${variable}: entry ${index + 1} of its file is not a variable with a text`);
  }
  return entries as [string, string][];
}

function parseObject(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Node's message would quote a part of the text.
  }
  throw new Fault('usage', `${variable}: its file does not hold a JSON object of texts`);
}

function read(path: string): string {
  try {
    return readGiven(path, limits.variablesFileBytes);
  } catch (cause) {
    throw new Fault('usage', `${variable}: cannot read its file (${reasonOf(cause)})`, { cause });
  }
}
