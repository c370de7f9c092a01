import { Fault } from '../../base/fault.ts';

const line = /^(?:export\s+)?([!-<>-~]+)\s*=\s*(.*)$/;
/** Not allowed in a variable, or inserted by the decoder for invalid UTF-8. */
const invalid = /[\0\ufffd]/;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Parses an environment file: one `NAME=value` per line, `#` for comments, values in single quotes unchanged, in
 * double quotes with `\n`, `\"` and `\\`. If a name occurs on several lines, the last one counts.
 *
 * @throws Fault `usage` with the line number, never with its text, which may be a secret
 */
export function parseDotenv(text: string, origin: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const found = raw.trim();
    if (found === '' || found.startsWith('#')) continue;
    const [, name, value = ''] = line.exec(found) ?? [];
    const read = name === undefined ? null : unquote(value);
    if (invalid.test(found)) {
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

/** The value without its quotes; null if a quote is not closed. */
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
