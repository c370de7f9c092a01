import { closeSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { Fault, reasonOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { openRegular, readUpTo } from '../base/read-regular.ts';
import type { Application } from '../settings/application/application.ts';

/** An input of the template: a local file that the job gets at the same path, with its bytes or by its path here. */
export type FileInput = { readonly name: string; readonly path: string } & (
  | { readonly rawBase64: string }
  | { readonly file: string; readonly mode: number }
);

const readableMode = 0o644;

/**
 * `included`: the bytes are in the template. `named`: `init` runs on this host, and copies the file. `elsewhere`: no file of
 * this host is the job's.
 */
export type FileSource = 'included' | 'named' | 'elsewhere';

/**
 * Reads the files named by variables of type `file-path`, by which MultiFlexi passes local files to a job. A default
 * value is a path in the image. A missing file may be in the image, too, or be written by the job.
 *
 * @param values the variables' values, with macros expanded
 * @param source whether the files can be large
 * @param given the names of the variables that were set explicitly
 */
export function fileInputs(
  application: Application,
  values: ReadonlyMap<string, string>,
  given: ReadonlySet<string>,
  source: FileSource,
): readonly FileInput[] {
  const found = new Map<string, FileInput>();
  if (source === 'elsewhere') return [];
  let left: number = limits.secretFileBytes;
  for (const { name, type } of application.variables) {
    const path = values.get(name) ?? '';
    if (type !== 'file-path' || !given.has(name) || !isAbsolute(path)) continue;
    const file = found.has(normalize(path)) ? null : open(path, name);
    if (file === null) continue;
    const own = { name, path: normalize(path) };
    try {
      if (source === 'named') {
        // Its user here need not be the job's.
        found.set(own.path, { ...own, file: own.path, mode: readableMode });
        continue;
      }
      const bytes = read(file, name, left);
      left -= bytes.length;
      found.set(own.path, { ...own, rawBase64: bytes.toString('base64') });
    } finally {
      closeSync(file);
    }
  }
  return [...found.values()];
}

/** Null if it cannot be opened. */
function open(path: string, name: string): number | null {
  try {
    return openRegular(path);
  } catch (error) {
    log(`${name}: its file is not included (${reasonOf(error)}); the image or the job must provide it`);
    return null;
  }
}

/** @throws Fault `usage` if it does not fit into a Secret */
function read(file: number, name: string, most: number): Buffer {
  const bytes = readUpTo(file, most + 1);
  if (bytes.length <= most) return bytes;
  throw new Fault(
    'usage',
    `${name}: its file exceeds the ${limits.secretFileBytes} bytes for all files in the Secret; ` +
      'put it into the image or on a volume',
  );
}
