import { resolve } from 'node:path';

/** The built file that the tests run; EMISSARY_PROGRAM names another one. */
export const program = resolve(
  process.env['EMISSARY_PROGRAM'] ?? `${import.meta.dirname}/../../dist/emissary`,
);
