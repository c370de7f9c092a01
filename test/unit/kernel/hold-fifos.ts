import { join } from 'node:path';
import { argv, stdin } from 'node:process';
import { holdFifo } from '../../../src/kernel/lock.ts';

/** Holds as many FIFOs, one after the other, until its standard input ends. */
const [, , directory = '', count = '0'] = argv;
for (let index = 0; index < Number(count); index += 1) holdFifo(join(directory, `${index}`));
stdin.resume();
