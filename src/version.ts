/** Defined by the build, from `package.json`. */
declare const EMISSARY_VERSION: string;

/** The program's version. */
export const version: string = typeof EMISSARY_VERSION === 'string' ? EMISSARY_VERSION : 'development';
