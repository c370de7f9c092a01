import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError } from './audit-error.ts';
import { licenceIn } from './licence-in.ts';
import { measurePackage } from './measure-package.ts';
import { isRecord, type LockedPackage, readLockFile } from './read-lock-file.ts';

/** What the audit found out about one package. */
export interface AuditedPackage {
  readonly name: string;
  readonly version: string;
  /** Null where neither the lock file nor the installed package names one. */
  readonly licence: string | null;
  /** Where the licence was found. */
  readonly source: 'lock' | 'package' | null;
  readonly installed: boolean;
  /** Bytes of its files; 0 when it is not installed. */
  readonly bytes: number;
}

/** Where the audit speaks while it goes on. */
export interface Reporting {
  /** Gets one line `N/M` a package; null = nobody wants to know. */
  readonly progressFile: string | null;
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
}

/**
 * Audits every package of a lock file, one after the other.
 *
 * @throws AuditError when the lock file cannot be used, or the progress file cannot be written
 */
export async function auditLockFile(file: string, reporting: Reporting): Promise<readonly AuditedPackage[]> {
  const locked = await readLockFile(file);
  reporting.log(`Auditing ${locked.length} packages of ${file}`);
  await tellProgress(reporting.progressFile, 0, locked.length);
  const audited: AuditedPackage[] = [];
  for (const one of locked) {
    const result = await auditPackage(one, reporting.warn);
    audited.push(result);
    tellPackage(result, `${audited.length}/${locked.length}`, reporting);
    await tellProgress(reporting.progressFile, audited.length, locked.length);
  }
  return audited;
}

async function auditPackage(locked: LockedPackage, warn: Reporting['warn']): Promise<AuditedPackage> {
  const { name, version, directory, licence } = locked;
  const manifest = await readManifest(directory, warn);
  if (manifest === null) {
    return { name, version, licence, source: licence === null ? null : 'lock', installed: false, bytes: 0 };
  }
  const installedLicence = licence === null ? licenceIn(manifest) : null;
  const source = licence !== null ? 'lock' : installedLicence !== null ? 'package' : null;
  const bytes = await measurePackage(directory);
  return { name, version, licence: licence ?? installedLicence, source, installed: true, bytes };
}

/** The installed package.json; null when the package is not installed. */
async function readManifest(
  directory: string,
  warn: Reporting['warn'],
): Promise<Record<string, unknown> | null> {
  const file = join(directory, 'package.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    // Packages for other platforms are in the lock file and never installed.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Told below: the package is there, so it is measured all the same.
  }
  warn(`${file} is not a JSON object`);
  return {};
}

function tellPackage(
  { name, version, licence, installed, bytes }: AuditedPackage,
  count: string,
  to: Reporting,
): void {
  const size = installed ? `${bytes} bytes` : 'not installed';
  to.log(`${count} ${name}@${version} ${licence ?? '-'} ${size}`);
  if (licence === null) {
    to.warn(`${name}@${version} has no licence${installed ? '' : ' in the lock file, and is not installed'}`);
  }
}

async function tellProgress(file: string | null, done: number, all: number): Promise<void> {
  if (file === null) return;
  try {
    await appendFile(file, `${done}/${all}\n`);
  } catch (cause) {
    throw new AuditError(`Cannot write the progress: ${(cause as Error).message}`, { cause });
  }
}
