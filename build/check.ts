import { runTests } from './run-tests.ts';

/**
 * `npm run check`: every gate on the tree as it is, and every gate seen red on a copy with a violation planted in it.
 * One gate alone: `node build/gate.ts NAME`.
 */
process.exitCode = await runTests(['test/gates/tree.test.ts', 'test/gates/proof.test.ts']);
