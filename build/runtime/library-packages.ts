/** Debian's packages that hold what the runtime needs. */
export const libraryPackages = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'] as const;

/** A file beside unpacked packages with a line for each: its name, a tab, its version. */
export const versionsFile = 'versions.txt';

/** Libraries by how their files' names begin; every other one, and the loader, is of libc6. */
const beginnings = {
  'libstdc++.': 'libstdc++6',
  'libgcc_s.': 'libgcc-s1',
  'libatomic.': 'libatomic1',
} as const;

/** The package that a carried library comes from. */
export function packageOf(library: string): (typeof libraryPackages)[number] {
  const found = Object.entries(beginnings).find(([beginning]) => library.startsWith(beginning));
  return found?.[1] ?? 'libc6';
}
