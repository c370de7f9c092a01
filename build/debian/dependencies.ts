import { packageOf } from '../runtime/library-packages.ts';
import { symbolVersions } from './symbol-versions.ts';

/**
 * The release of GCC, and so the version of libstdc++6, that introduced a version of its symbols (libstdc++ manual, ABI
 * policy). Older ones are in every Debian that has the C library.
 */
const ofStandardLibrary: Readonly<Record<string, string>> = {
  ...{ 'GLIBCXX_3.4.25': '8', 'GLIBCXX_3.4.26': '9', 'GLIBCXX_3.4.27': '9', 'GLIBCXX_3.4.28': '9' },
  ...{ 'GLIBCXX_3.4.29': '11', 'GLIBCXX_3.4.30': '12', 'GLIBCXX_3.4.31': '13', 'GLIBCXX_3.4.32': '13' },
  ...{ 'GLIBCXX_3.4.33': '14', 'GLIBCXX_3.4.34': '15' },
  ...{ 'CXXABI_1.3.11': '8', 'CXXABI_1.3.12': '9', 'CXXABI_1.3.13': '11', 'CXXABI_1.3.14': '13' },
  ...{ 'CXXABI_1.3.15': '14' },
};

/**
 * The packages that a program needs in order to start, as `Depends` has them. Its carried libraries are only for jobs'
 * containers: on the host it uses the distribution's, which get security updates.
 */
export function dependenciesOf(program: Buffer): readonly string[] {
  const versions = new Map<string, string[]>();
  for (const [library, symbols] of symbolVersions(program)) {
    const name = packageOf(library);
    versions.set(name, [...(versions.get(name) ?? []), ...symbols]);
  }
  return [...versions.keys()].sort().map((name) => {
    const least = leastVersion(name, versions.get(name) ?? []);
    return least === null ? name : `${name} (>= ${least})`;
  });
}

function leastVersion(name: string, symbols: readonly string[]): string | null {
  const known =
    name === 'libc6'
      ? symbols.flatMap((symbol) => /^GLIBC_([\d.]+)$/.exec(symbol)?.[1] ?? [])
      : symbols.flatMap((symbol) => ofStandardLibrary[symbol] ?? []);
  return known.sort(numerically).at(-1) ?? null;
}

function numerically(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
