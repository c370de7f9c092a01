import type { Gate } from './gate.ts';
import { findingsOf } from './tool.ts';

/** TypeScript, strict: see tsconfig.json. */
export const types: Gate = {
  name: 'types',
  title: 'the tree passes the type check',
  check: () => findingsOf('typescript/bin/tsc', ['--project', '.', '--pretty', 'false']),
};
