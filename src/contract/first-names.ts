import { opendirSync } from 'node:fs';

/** The names in a directory, at most `limit`: a job may have created millions. */
export function firstNames(path: string, limit: number): readonly string[] {
  const directory = opendirSync(path);
  try {
    const names: string[] = [];
    for (let entry = directory.readSync(); entry !== null && names.length < limit; ) {
      names.push(entry.name);
      entry = directory.readSync();
    }
    return names;
  } finally {
    directory.closeSync();
  }
}
