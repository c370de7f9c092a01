import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditedPackage } from './audit-lock-file.ts';

/** Characters of a file name, `.txt` and a distinguishing number not counted: file systems take 255 bytes. */
const longestName = 200;

/**
 * Writes one file a licence, with the packages that have it, into a directory; `no-licence.txt` holds those that have
 * none. Text files of an earlier audit go; anything else in the directory stays.
 */
export async function writeLicenceFiles(
  directory: string,
  packages: readonly AuditedPackage[],
): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of await readdir(directory)) {
    if (name.endsWith('.txt')) await rm(join(directory, name));
  }
  const taken = new Set<string>();
  for (const [licence, members] of Map.groupBy(packages, (one) => one.licence)) {
    const lines = members.map(({ name, version }) => `${name}@${version}\n`).sort();
    const title = licence === null ? '' : `${licence}\n\n`;
    await writeFile(
      join(directory, `${freeName(licence ?? 'no-licence', taken)}.txt`),
      title + lines.join(''),
    );
  }
}

/** A file name made from a licence: no name twice, also where case does not count. */
function freeName(licence: string, taken: Set<string>): string {
  const plain =
    licence
      .replaceAll(/[^A-Za-z0-9.+-]+/g, '-')
      .replaceAll(/^[-.]+|[-.]+$/g, '')
      .slice(0, longestName) || 'licence';
  let name = plain;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${plain}-${number}`;
  taken.add(name.toLowerCase());
  return name;
}
