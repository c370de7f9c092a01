/** Which variables hold secrets, unless the person says otherwise: a comma list, `*` for any characters. */
export const defaultMask = '*PASSWORD*,*PASSWD*,*SECRET*,*TOKEN*,*API_KEY*,ENCRYPTION_MASTER_KEY';

/** The names that one entry of such a list stands for; case does not count. */
export function secretNames(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 'is');
}

function literal(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
