import { closeSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { Fault, reasonOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { openRegular, readUpTo } from '../base/read-regular.ts';
import type { Application } from '../settings/application/application.ts';

/** An input of the template: a local file that the job gets at the same path. */
export interface FileInput {
  readonly name: string;
  readonly path: string;
  readonly rawBase64: string;
}

/**
 * Reads the files named by variables of type `file-path`, by which MultiFlexi passes local files to a job. A default
 * value is a path in the image. A missing file may be in the image, too, or be written by the job.
 *
 * @param values the variables' values, with macros expanded
 * @param given the names of the variables that were set explicitly
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

/** Null if the file cannot be opened. @throws Fault `usage` if it does not fit into a Secret */
function read(path: string, name: string, most: number): Buffer | null {
  let file: number;
  try {
    file = openRegular(path);
  } catch (error) {
    log(`${name}: its file is not included (${reasonOf(error)}); the image or the job must provide it`);
    return null;
  }
  try {
    const bytes = readUpTo(file, most + 1);
    if (bytes.length <= most) return bytes;
    throw new Fault(
      'usage',
      `manifest: ${name}: its file exceeds the ${limits.secretFileBytes} bytes for all files in the Secret; ` +
        'put it into the image or on a volume',
    );
  } finally {
    closeSync(file);
  }
}
