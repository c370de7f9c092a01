import type { Gate } from './gate.ts';
import { findingsOf } from './tool.ts';

/** knip: see build/knip.json. */
export const deadCode: Gate = {
  name: 'dead-code',
  title: 'every file, export and dependency is used',
  check: () =>
    findingsOf('knip/bin/knip.js', ['--config', 'build/knip.json', '--no-progress', '--no-config-hints']),
};
