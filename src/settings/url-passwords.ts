import { limits } from '../base/limits.ts';

/** A scheme (RFC 3986, 3.1). */
const schemeEnd = /[A-Za-z][A-Za-z0-9+.-]*$/;
/** A parameter of a URL, whose name and value follow. */
const parameter = /[?&;]([^=&#;\s]{1,128})=([^&#;\s]*)/g;

/**
 * The passwords of the URLs in a text, as written (percent-encoded or not): those before the host, and the values of
 * parameters with a secret name. Also finds a password with an unencoded `/`, `?` or `#`.
 *
 * @param secretName whether a parameter's name denotes a secret
 */
export function urlPasswords(text: string, secretName: (name: string) => boolean): readonly string[] {
  const found: string[] = [];
  let left: number = limits.valueUrls;
  for (let at = text.indexOf('://'); at !== -1 && left > 0; at = text.indexOf('://', at + 1)) {
    left -= 1;
    if (!schemeEnd.test(text.slice(Math.max(0, at - limits.schemeCharacters), at))) continue;
    const rest = urlAt(text, at + '://'.length);
    const password = passwordOf(rest);
    if (password !== '') found.push(password);
    for (const [, name = '', value = ''] of rest.matchAll(parameter))
      if (value !== '' && secretName(name)) found.push(value);
  }
  return found;
}

/** The URL up to the first white space; a comma before the next scheme separates a list of URLs. */
function urlAt(text: string, from: number): string {
  const rest = text.slice(from, from + limits.urlCharacters);
  const end = rest.search(/[\s"'<>]|,[A-Za-z][A-Za-z0-9+.-]*:\/\//);
  return end === -1 ? rest : rest.slice(0, end);
}

/** The text between the first colon and the last `@` before the host; empty if there is none. */
function passwordOf(rest: string): string {
  const authority = rest.slice(0, endOf(rest, /[/?#]/));
  // Without an `@` there, the password may contain a character that ends an authority.
  const user = authority.includes('@') ? authority : rest.slice(0, endOf(rest, /\s/));
  const at = user.lastIndexOf('@');
  const colon = user.indexOf(':');
  const password = at === -1 || colon === -1 || colon > at ? '' : user.slice(colon + 1, at);
  // A port, and a path that contains `@`.
  return /^[0-9]{1,5}\//.test(password) ? '' : password;
}

function endOf(text: string, end: RegExp): number {
  const found = text.search(end);
  return found === -1 ? text.length : found;
}
