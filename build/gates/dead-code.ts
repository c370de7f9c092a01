import type { Gate } from './gate.ts';
import { findingsOf } from './tool.ts';

/** knip: see build/knip.json. */
export const deadCode: Gate = {
  name: 'dead-code',
  title: 'no file, export or dependency is without a user',
  check: () =>
    findingsOf('knip/bin/knip.js', ['--config', 'build/knip.json', '--no-progress', '--no-config-hints']),
};
