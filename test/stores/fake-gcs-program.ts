import { resolve } from 'node:path';
import { type GoProgram, goProgram, goProgramPath } from '../helpers/go-program.ts';

/** A server with the JSON API of Google Cloud Storage. */
const fakeGcs: GoProgram = {
  name: 'fake-gcs-server',
  modules: resolve(import.meta.dirname, 'fake-gcs'),
  main: 'github.com/fsouza/fake-gcs-server',
};

/** Where it is, or will be. */
export const fakeGcsPath = (): Promise<string> => goProgramPath(fakeGcs);

/** Builds it, unless it is there. @returns its path @throws Error if it cannot be built */
export const fakeGcsProgram = (): Promise<string> => goProgram(fakeGcs, () => undefined);
