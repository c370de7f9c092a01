import { normalize } from 'node:path';

/** A path in its shortest form. */
export function withoutTrailingSlash(path: string): string {
  const plain = normalize(path).replace(/\/+$/, '');
  return plain === '' ? '/' : plain;
}
