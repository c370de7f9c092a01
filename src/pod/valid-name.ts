import { createHash } from 'node:crypto';

/** What a name or a label of Kubernetes may have at most. */
const most = 63;
const hashLength = 8;

/** The text as the name of an object: itself, if it is one; else its letters and digits, and a hash of it. */
export function validName(text: string): string {
  return made(text, (each) => each.toLowerCase().replace(/[^a-z0-9]+/g, '-'));
}

/** The text as the value of a label: itself, if it is one; else its letters and digits, and a hash of it. */
export function validLabel(text: string): string {
  return made(text, (each) => each.replace(/[^A-Za-z0-9._-]+/g, '-'));
}

function made(text: string, valid: (text: string) => string): string {
  const plain = trimmed(valid(text));
  if (plain === text && text !== '' && text.length <= most) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, hashLength);
  // Diacritics are separate characters then, and go.
  const readable = trimmed(valid(text.normalize('NFKD').replace(/\p{M}/gu, '')));
  const begin = trimmed(readable.slice(0, most - hashLength - 1));
  return begin === '' ? `x-${hash}` : `${begin}-${hash}`;
}

/** Both begin and end with a letter or a digit. */
function trimmed(text: string): string {
  return text.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
