import type { Gate } from './gate.ts';
import { findingsOf } from './tool.ts';

/** TypeScript, strict: see tsconfig.json. */
export const types: Gate = {
  name: 'types',
  title: 'the tree passes the type check',
  check: async () => [
    ...(await findingsOf('typescript/bin/tsc', ['--project', '.', '--pretty', 'false'])),
    // A browser's globals are there, and none of node's; its tests have both.
    ...(await findingsOf('typescript/bin/tsc', ['--project', 'src/page/browser', '--pretty', 'false'])),
    ...(await findingsOf('typescript/bin/tsc', ['--project', 'test/page', '--pretty', 'false'])),
  ],
};
