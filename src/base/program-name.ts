/** Defined by the build: the name of the program that is built. */
declare const EMISSARY_PROGRAM: string;

/** The program's name, for messages that tell what to type: `emissary` or `multiflexi-emissary`. */
export const programName: string = typeof EMISSARY_PROGRAM === 'string' ? EMISSARY_PROGRAM : 'emissary';
