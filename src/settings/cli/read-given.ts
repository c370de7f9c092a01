import { readRegular } from '../../base/read-regular.ts';
import { textOf } from '../../base/text-of.ts';

/**
 * Reads the text of a file that the user has named in an option or a variable.
 *
 * @param limit bytes
 * @throws an error whose message is a clause, or the operating system's error
 */
export function readGiven(path: string, limit: number): string {
  return textOf(readRegular(path, limit, true));
}
