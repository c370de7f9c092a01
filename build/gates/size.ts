import { stat } from 'node:fs/promises';
import type { Gate } from './gate.ts';

const program = 'dist/emissary';
/** Bytes of the executable: the stripped runtime is 116 MB of them. The volume of a pod may hold 130 MB in all. */
const largest = 130_000_000;

/** What every pod copies and every node caches stays small. */
export const size: Gate = {
  name: 'size',
  title: 'the program is no larger than its limit',
  async check() {
    const found = await stat(program).catch(() => null);
    if (found === null) return [`${program} is not there: npm run build`];
    return found.size <= largest ? [] : [`${program} has ${found.size} bytes, more than ${largest}`];
  },
};
