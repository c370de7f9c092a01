import { limits } from '../../base/limits.ts';
import { readUpTo } from '../../base/read-regular.ts';
import { textOf } from '../../base/text-of.ts';
import { mountedJson } from './mounted-json.ts';
import { readGiven } from './read-given.ts';

/**
 * The text of the file of `--template`; `-` is standard input.
 *
 * @throws an error whose message is a clause, or the operating system's error
 */
export function readTemplateFile(file: string): string {
  return file === '-' ? readStandardInput() : mountedJson(readGiven(file, limits.templateBytes));
}

/** Blocks, and may be a terminal: someone may be typing the template. */
function readStandardInput(): string {
  const bytes = readUpTo(0, limits.templateBytes + 1);
  if (bytes.length > limits.templateBytes) throw new Error(`larger than ${limits.templateBytes} bytes`);
  return textOf(bytes);
}
