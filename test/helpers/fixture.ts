import { resolve } from 'node:path';

/** The absolute path of a program in test/fixtures. */
export function fixture(name: string): string {
  return resolve(import.meta.dirname, '../fixtures', name);
}
