import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

/**
 * File system errors that libuv has no name for (errno(3)): Node calls them `Unknown system error -122`, or
 * `UNKNOWN`.
 */
const nameless: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  37: ['ENOLCK', 'no locks available'],
  74: ['EBADMSG', 'bad message'],
  116: ['ESTALE', 'stale file handle'],
  117: ['EUCLEAN', 'structure needs cleaning'],
  122: ['EDQUOT', 'disk quota exceeded'],
  123: ['ENOMEDIUM', 'no medium found'],
  126: ['ENOKEY', 'required key not available'],
  127: ['EKEYEXPIRED', 'key has expired'],
};

/** `ENOSPC: no space left on device` for 28, as Node's own errors begin. */
export function errnoText(errno: number): string {
  const name = errnoName(errno);
  return `${name}: ${nameless[errno]?.[1] ?? getSystemErrorMessage(-errno)}`;
}

/** `ENOSPC` for 28. */
export function errnoName(errno: number): string {
  return nameless[errno]?.[0] ?? getSystemErrorName(-errno);
}
