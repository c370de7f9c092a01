import { readRegular } from '../../base/read-regular.ts';
import { textOf } from '../../base/text-of.ts';

/**
 * Reads the text of a file that a person has named: by an option, or in a variable.
 * @param limit bytes
 * @throws an error whose message is a clause, or the operating system's
 */
export function readGiven(path: string, limit: number): string {
  return textOf(readRegular(path, limit, true));
}
