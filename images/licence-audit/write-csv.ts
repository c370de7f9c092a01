import { writeFile } from 'node:fs/promises';
import type { AuditedPackage } from './audit-lock-file.ts';

const header = ['name', 'version', 'licence', 'source', 'installed', 'bytes'];

/** Writes the audit as CSV (RFC 4180): a header, one record a package, CRLF after each. */
export async function writeCsv(file: string, packages: readonly AuditedPackage[]): Promise<void> {
  const records = packages.map(({ name, version, licence, source, installed, bytes }) => [
    name,
    version,
    licence ?? '',
    source ?? '',
    installed ? 'yes' : 'no',
    String(bytes),
  ]);
  await writeFile(file, [header, ...records].map((record) => `${record.map(quote).join(',')}\r\n`).join(''));
}

function quote(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
