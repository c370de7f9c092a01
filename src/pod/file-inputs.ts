import { closeSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { Fault, reasonOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { openRegular, readUpTo } from '../base/read-regular.ts';
import type { Application } from '../settings/application/application.ts';

/** An input of the template: a file of this machine, which the job finds at the same path. */
export interface FileInput {
  readonly name: string;
  readonly path: string;
  readonly rawBase64: string;
}

/**
 * Reads the files that were given in variables of the type `file-path`: MultiFlexi gives a job a file of its own machine so.
 * A default is a path in the image, and what is not here may be there, too, or be written by the job.
 *
 * @param values of the variables, without macros
 * @param given the names of those that are no defaults
 */
export function fileInputs(
  application: Application,
  values: ReadonlyMap<string, string>,
  given: ReadonlySet<string>,
): readonly FileInput[] {
  const found = new Map<string, FileInput>();
  let left: number = limits.secretFileBytes;
  for (const { name, type } of application.variables) {
    const path = values.get(name) ?? '';
    if (type !== 'file-path' || !given.has(name) || !isAbsolute(path)) continue;
    const bytes = read(path, name, left);
    if (bytes === null || found.has(normalize(path))) continue;
    left -= bytes.length;
    found.set(normalize(path), { name, path: normalize(path), rawBase64: bytes.toString('base64') });
  }
  return [...found.values()];
}

/** Null where there is no such file. @throws Fault `usage` for one that no Secret can hold */
function read(path: string, name: string, most: number): Buffer | null {
  let file: number;
  try {
    file = openRegular(path);
  } catch (error) {
    log(
      `${name}: its file is not taken along (${reasonOf(error)}); the image must have it, or the job make it`,
    );
    return null;
  }
  try {
    const bytes = readUpTo(file, most + 1);
    if (bytes.length <= most) return bytes;
    throw new Fault(
      'usage',
      `manifest: ${name}: its file is too large for a Secret, which holds ${limits.secretFileBytes} bytes of files; ` +
        'put it into the image or on a volume',
    );
  } finally {
    closeSync(file);
  }
}
