/** The default list of variables with secrets: names separated by commas, `*` for any characters. */
export const defaultMask =
  '*PASSWORD*,*PASSWD*,*PASSPHRASE*,*SECRET*,*TOKEN*,*API_KEY*,*PRIVATE_KEY*,*CREDENTIAL*,*DSN*,ENCRYPTION_MASTER_KEY';

/** The entries of such a list. */
export function maskEntries(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** A predicate for the names that match a list. */
export function nameMatcher(entries: readonly string[]): (name: string) => boolean {
  const names = entries.map(namePattern);
  return (name) => names.some((pattern) => pattern.test(name));
}

/** The names that one entry of such a list matches, ignoring case. */
function namePattern(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 'is');
}

function literal(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
