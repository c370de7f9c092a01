import { runTests } from './run-tests.ts';

/**
 * `npm run check`: runs every gate on the tree, and proves that each gate fails on a copy with a planted violation. A
 * single gate: `node build/gate.ts NAME`.
 */
process.exitCode = await runTests(['test/gates/tree.test.ts', 'test/gates/proof.test.ts']);
