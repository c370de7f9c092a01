import { Fault, reasonOf } from '../../base/fault.ts';
import { isRecord } from '../../base/is-record.ts';
import { jsonProblem } from '../../base/json-problem.ts';
import { withoutByteOrderMark } from '../../base/text-of.ts';
import { readTemplateFile } from '../cli/read-template-file.ts';

/**
 * Reads the file of `--template` for an application, whose own template it is added to.
 *
 * @throws Fault `template` if it is no JSON object; what is in it is checked later
 */
export function readTemplateObject(file: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = withoutByteOrderMark(readTemplateFile(file));
  } catch (cause) {
    throw new Fault('template', `Cannot read template ${file}: ${reasonOf(cause)}`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Fault('template', `Cannot read template ${file}: not valid JSON (${jsonProblem(text, cause)})`);
  }
  if (isRecord(value)) return value;
  throw new Fault('template', `Cannot read template ${file}: it is not a JSON object`);
}
