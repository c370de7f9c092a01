import { Fault } from '../../base/fault.ts';

const line = /^(?:export\s+)?([!-<>-~]+)\s*=\s*(.*)$/;
/** No variable can hold it, or a decoder has put it where there was no UTF-8. */
const unfit = /[\0\ufffd]/;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Reads an environment file: `NAME=value` a line, `#` for comments, values in single quotes as they are, in double quotes
 * with `\n`, `\"` and `\\`. The last of several lines with one name counts.
 *
 * @throws Fault `usage` with the line's number, and never its text, which may be a secret
 */
export function parseDotenv(text: string, origin: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const found = raw.trim();
    if (found === '' || found.startsWith('#')) continue;
    const [, name, value = ''] = line.exec(found) ?? [];
    const read = name === undefined ? null : unquote(value);
    if (unfit.test(found)) {
      throw new Fault(
        'usage',
        `Invalid environment file of ${origin}: line ${index + 1} is not UTF-8 text, or holds a NUL byte`,
      );
    }
    if (name === undefined || read === null) {
      throw new Fault(
        'usage',
        `Invalid environment file of ${origin}: line ${index + 1} is not of the form NAME=value`,
      );
    }
    variables.set(name, read);
  }
  return variables;
}

/** The value without its quotes; null when a quote is not closed. */
function unquote(value: string): string | null {
  const [quote] = value;
  if (quote !== '"' && quote !== "'") return value.replace(/\s+#.*$/, '');
  const pattern = quote === '"' ? /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/ : /^'([^']*)'\s*(?:#.*)?$/;
  const inner = pattern.exec(value)?.[1];
  if (inner === undefined) return null;
  return quote === "'"
    ? inner
    : inner.replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character);
}
