/** The name of the Debian package, and of the directories that are its own. */
export const packageName = 'multiflexi-emissary';

/** Where the package's documents are. */
export const documents = `usr/share/doc/${packageName}`;

/**
 * Debian's version of a release: a prerelease sorts before its release (deb-version(7)).
 *
 * @param version semantic: `1.0.0-beta.1`
 */
export function debianVersion(version: string): string {
  return `${version.replace('-', '~')}-1`;
}
