/** Which variables hold secrets, unless the person says otherwise: a comma list, `*` for any characters. */
export const defaultMask =
  '*PASSWORD*,*PASSWD*,*PASSPHRASE*,*SECRET*,*TOKEN*,*API_KEY*,*PRIVATE_KEY*,*CREDENTIAL*,*DSN*,ENCRYPTION_MASTER_KEY';

/** The entries of such a list. */
export function maskEntries(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Tells the names that a list stands for. */
export function nameTeller(entries: readonly string[]): (name: string) => boolean {
  const names = entries.map(secretNames);
  return (name) => names.some((pattern) => pattern.test(name));
}

/** The names that one entry of such a list stands for; case does not count. */
function secretNames(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 'is');
}

function literal(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
