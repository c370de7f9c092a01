import { Fault } from '../../base/fault.ts';
import { jsonProblem } from '../../base/json-problem.ts';
import { limits } from '../../base/limits.ts';
import { withoutByteOrderMark } from '../../base/text-of.ts';
import { emptyTemplate, type Template } from './template.ts';

/**
 * Parses a template's JSON text (the supported subset of Argo's `Template`; other keys are ignored). Loads the schema
 * only if there is something to check: a job with the template `{}` does not wait for it.
 *
 * @param text the JSON
 * @param origin its origin, for messages: a path or a variable's name
 * @throws Fault `template` with the path of the key
 */
export async function templateFromJson(text: string, origin: string): Promise<Template> {
  if (Buffer.byteLength(text) > limits.templateBytes) {
    throw new Fault('template', `Cannot read template ${origin}: larger than ${limits.templateBytes} bytes`);
  }
  const value = parseJson(text, origin);
  if (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length === 0
  ) {
    return emptyTemplate;
  }
  const { checkTemplate } = await import('./check-template.ts');
  return checkTemplate(value, origin);
}

function parseJson(text: string, origin: string): unknown {
  try {
    return JSON.parse(withoutByteOrderMark(text));
  } catch (cause) {
    throw new Fault(
      'template',
      `Cannot read template ${origin}: not valid JSON (${jsonProblem(text, cause)})`,
    );
  }
}
