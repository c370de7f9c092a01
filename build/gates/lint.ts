import type { Gate } from './gate.ts';
import { findingsOf } from './tool.ts';

/** Biome: see build/lint.json. */
export const lint: Gate = {
  name: 'lint',
  title: 'the tree is formatted and follows the lint rules',
  check: () =>
    findingsOf('@biomejs/biome/bin/biome', [
      'check',
      '--config-path=build/lint.json',
      '--error-on-warnings',
      '--max-diagnostics=200',
      '.',
    ]),
};
