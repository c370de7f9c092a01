/** The programs that are made of this tree, by the names of their entry files in src and of their executables in dist. */
export const programs = ['emissary', 'multiflexi-emissary'] as const;
