import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AuditError } from './audit-error.ts';
import { licenceIn } from './licence-in.ts';

/** One package as the lock file names it. */
export interface LockedPackage {
  readonly name: string;
  /** Empty for a workspace without a version. */
  readonly version: string;
  /** Where npm installs it, absolute. */
  readonly directory: string;
  /** The licence that the lock file gives, or null: npm copies it from the registry, not always. */
  readonly licence: string | null;
}

/**
 * Reads a lock file of npm 7 or later (lockfileVersion 2 or 3). The root package and links are left out: a link only
 * points to a package that has its own entry.
 *
 * @returns the packages in the lock file's order
 * @throws AuditError when it cannot be read or is no such lock file
 */
export async function readLockFile(file: string): Promise<readonly LockedPackage[]> {
  const lock = parse(await read(file), file);
  const { lockfileVersion, packages } = lock;
  if (lockfileVersion !== 2 && lockfileVersion !== 3) {
    const found = lockfileVersion === undefined ? 'none' : JSON.stringify(lockfileVersion);
    throw new AuditError(
      `${file}: lockfileVersion 2 or 3 is wanted, found ${found}; "npm install --package-lock-only" makes a new one`,
    );
  }
  if (!isRecord(packages)) throw new AuditError(`${file}: packages is not an object`);
  return Object.entries(packages).flatMap(([key, entry]) => {
    if (!isRecord(entry)) throw new AuditError(`${file}: packages["${key}"] is not an object`);
    return key === '' || entry['link'] === true ? [] : [toPackage(key, entry, dirname(file))];
  });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AuditError(`Cannot read the lock file: ${(cause as Error).message}`, { cause });
  }
}

function parse(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AuditError(`${file}: not valid JSON (${(cause as Error).message})`, { cause });
  }
  if (!isRecord(value)) throw new AuditError(`${file}: not a lock file: a JSON object is wanted`);
  return value;
}

function toPackage(key: string, entry: Record<string, unknown>, base: string): LockedPackage {
  const { name, version } = entry;
  return {
    // npm writes a name only where it differs from the directory's: an alias.
    name: typeof name === 'string' ? name : (key.split('node_modules/').at(-1) ?? key),
    version: typeof version === 'string' ? version : '',
    directory: join(base, key),
    licence: licenceIn(entry),
  };
}

/** True for a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
