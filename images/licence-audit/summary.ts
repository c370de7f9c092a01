import type { AuditedPackage } from './audit-lock-file.ts';

/** What the report says of all packages together. */
export interface Summary {
  /** `warning` when a package has no licence. */
  readonly status: 'success' | 'warning';
  readonly message: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Sums an audit up. */
export function summaryOf(packages: readonly AuditedPackage[]): Summary {
  const withoutLicence = packages.filter(({ licence }) => licence === null).length;
  const notInstalled = packages.filter(({ installed }) => !installed).length;
  const licences = new Set(packages.flatMap(({ licence }) => (licence === null ? [] : [licence]))).size;
  const bytes = packages.reduce((sum, one) => sum + one.bytes, 0);
  return {
    status: withoutLicence === 0 ? 'success' : 'warning',
    message:
      `${packages.length} packages, ${licences} licences, ${withoutLicence} without a licence, ` +
      `${notInstalled} not installed, ${(bytes / 1e6).toFixed(1)} MB`,
    metrics: { packages: packages.length, licences, withoutLicence, notInstalled, bytes },
  };
}
