import { join, resolve } from 'node:path';
import { goProgram } from '../helpers/go-program.ts';

const modules = resolve(import.meta.dirname, 'kwok');

/** What nodes and pods do that kwok simulates. */
export const stagesFile = join(modules, 'stages.yaml');

/**
 * The program kwok, which simulates nodes of a cluster. Only benchmarks need it.
 *
 * @returns its path
 * @throws Error if it cannot be built
 */
export function kwokProgram(say: (text: string) => void): Promise<string> {
  return goProgram({ name: 'kwok', modules, main: 'sigs.k8s.io/kwok/cmd/kwok' }, say);
}
