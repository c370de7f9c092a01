/**
 * The programs that are built from this tree, by the names of their entry files in src and of their executables in
 * dist.
 */
export const programs = ['emissary', 'multiflexi-emissary'] as const;
