import { deadCode } from './dead-code.ts';
import { documented } from './documented.ts';
import type { Gate } from './gate.ts';
import { layers } from './layers.ts';
import { lint } from './lint.ts';
import { noPlaces } from './places.ts';
import { size } from './size.ts';
import { types } from './types.ts';
import { versions } from './versions.ts';

/** Every gate of `npm run check`. */
export const gates: readonly Gate[] = [types, lint, layers, deadCode, documented, noPlaces, size, versions];
