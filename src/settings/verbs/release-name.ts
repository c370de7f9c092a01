import { createHash } from 'node:crypto';

/** Helm's own limit, which leaves room for what charts append in names of objects. */
const mostCharacters = 53;
const hashCharacters = 8;

/** Whether Helm accepts it as the name of a release. */
export function isReleaseName(name: string): boolean {
  const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
  return name.length <= mostCharacters && new RegExp(`^${label}(\\.${label})*$`).test(name);
}

/**
 * The release of an application, or of a chart, by its name: always the same. Charts name objects after it, some of which must
 * begin with a letter.
 */
export function releaseNameOf(name: string): string {
  const plain = name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const full = /^[a-z]/.test(plain) ? plain : `app${plain === '' ? '' : `-${plain}`}`;
  // Letters that are lost may be all that tells two names apart.
  const isWhole = full.length <= mostCharacters && plain !== '';
  if (isWhole) return full;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashCharacters);
  return `${full.slice(0, mostCharacters - hashCharacters - 1).replace(/-+$/, '')}-${hash}`;
}

/** The name of a chart as helm takes it: the last part of its path or address, without its version. */
export function chartName(chart: string): string {
  const last = chart.replace(/\/+$/, '').split('/').at(-1) ?? '';
  return last.replace(/(-\d[\w.+-]*)?\.tgz$/, '');
}
