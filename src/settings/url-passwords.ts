import { limits } from '../base/limits.ts';

/** A scheme (RFC 3986, 3.1). */
const schemeEnd = /[A-Za-z][A-Za-z0-9+.-]*$/;
/** A parameter of a URL, whose name and value follow. */
const parameter = /[?&;]([^=&#;\s]{1,128})=([^&#;\s]*)/g;

/**
 * The passwords of the URLs in a text, as they stand there (percent-encoded or not): those in front of the host, and the
 * values of parameters with a secret name. A password with `/`, `?` or `#` in it, which should have been encoded, is
 * found too.
 *
 * @param secretName tells a parameter's name that is a secret's
 */
export function urlPasswords(text: string, secretName: (name: string) => boolean): readonly string[] {
  const found: string[] = [];
  let left: number = limits.valueUrls;
  for (let at = text.indexOf('://'); at !== -1 && left > 0; at = text.indexOf('://', at + 1)) {
    left -= 1;
    if (!schemeEnd.test(text.slice(Math.max(0, at - limits.schemeCharacters), at))) continue;
    const rest = firstArg(text, at + '://'.length);
    const password = passwordOf(rest);
    if (password !== '') found.push(password);
    for (const [, name = '', value = ''] of rest.matchAll(parameter))
      if (value !== '' && secretName(name)) found.push(value);
  }
  return found;
}

/** Up to the first blank; a list of URLs is parted by commas in front of the next scheme. */
function firstArg(text: string, from: number): string {
  const rest = text.slice(from, from + limits.urlCharacters);
  const end = rest.search(/[\s"'<>]|,[A-Za-z][A-Za-z0-9+.-]*:\/\//);
  return end === -1 ? rest : rest.slice(0, end);
}

/** What stands between the first colon and the last `@` in front of the host; empty where there is none. */
function passwordOf(rest: string): string {
  const authority = rest.slice(0, endOf(rest, /[/?#]/));
  // Without `@` in there, a password may hold what ends an authority.
  const user = authority.includes('@') ? authority : rest.slice(0, endOf(rest, /\s/));
  const at = user.lastIndexOf('@');
  const colon = user.indexOf(':');
  const password = at === -1 || colon === -1 || colon > at ? '' : user.slice(colon + 1, at);
  // A port, and a path with `@` in it.
  return /^[0-9]{1,5}\//.test(password) ? '' : password;
}

function endOf(text: string, end: RegExp): number {
  const found = text.search(end);
  return found === -1 ? text.length : found;
}
