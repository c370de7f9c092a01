import { resolve } from 'node:path';
import { type GoProgram, goProgram, goProgramPath } from '../helpers/go-program.ts';

/** A server with S3's API. */
const versitygw: GoProgram = {
  name: 'versitygw',
  modules: resolve(import.meta.dirname, 'versitygw'),
  main: 'github.com/versity/versitygw/cmd/versitygw',
};

/** Where it is, or will be. */
export const versitygwPath = (): Promise<string> => goProgramPath(versitygw);

/** Builds it, unless it is there. @returns its path @throws Error if it cannot be built */
export const versitygwProgram = (): Promise<string> => goProgram(versitygw, () => undefined);
