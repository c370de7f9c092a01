import { Fault, reasonOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { parseDotenv } from '../application/dotenv.ts';
import { readGiven } from '../cli/read-given.ts';

/**
 * Reads a file with variables: lines `NAME=value`, or a JSON object of texts (a null counts as not set).
 *
 * @param source the option, for messages
 * @throws Fault `usage`, which never shows a value
 */
export function givenVariables(file: string | null, source: string): ReadonlyMap<string, string> {
  if (file === null) return new Map();
  let text: string;
  try {
    text = readGiven(file, limits.variablesFileBytes);
  } catch (cause) {
    throw new Fault('usage', `Cannot read the file of ${source}: ${reasonOf(cause)}`, { cause });
  }
  return text.trimStart().startsWith('{') ? fromJson(text, source) : parseDotenv(text, source);
}

function fromJson(text: string, source: string): ReadonlyMap<string, string> {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Node's message would quote a part of the text.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Fault('usage', `${source}: its file is neither NAME=value lines nor a JSON object`);
  const variables = new Map<string, string>();
  for (const [index, [name, each]] of Object.entries(value).entries()) {
    if (each === null) continue;
    if (name === '' || /[=\0]/.test(name) || typeof each !== 'string' || each.includes('\0'))
      throw new Fault('usage', `${source}: entry ${index + 1} of its file is not a variable with a text`);
    variables.set(name, each);
  }
  return variables;
}
