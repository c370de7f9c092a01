import type { Architecture } from '../architecture.ts';
import { callPlainly } from './call-plainly.ts';
import { hideVariables } from './hide-variables.ts';
import { keepArgv } from './keep-argv.ts';
import { keepDescriptors } from './keep-descriptors.ts';
import { keepSignals } from './keep-signals.ts';
import { trimIcu } from './trim-icu.ts';

/**
 * Everything that the build changes in the runtime, in order, by the name of the file that does it. Each throws when it
 * does not find what it expects: UPGRADING.md tells how to find the place again.
 */
export const runtimeChanges: ReadonlyMap<string, (runtime: Buffer, architecture: Architecture) => void> =
  new Map([
    ['keep-signals', keepSignals],
    ['keep-descriptors', keepDescriptors],
    ['keep-argv', keepArgv],
    ['call-plainly', callPlainly],
    ['hide-variables', hideVariables],
    ['trim-icu', trimIcu],
  ]);
