import { closeSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import { openRegular } from '../base/read-regular.ts';
import type { Layout } from '../contract/layout.ts';
import type { ParameterRecord } from '../contract/records.ts';
import type { OutputParameter } from '../settings/template/template.ts';
import { specialKind } from './find/members.ts';
import { readFull } from './find/read-file.ts';
import { keptPath } from './kept-path.ts';
import { NotSaved } from './reasons.ts';
import { SavedFile } from './saved-file.ts';

/**
 * Saves one parameter's bytes exactly as the job wrote them; where the job wrote none, its default.
 * @param most bytes that a value may have
 * @param names `masked`: a path without the secrets in it; `taken`: the files that other parameters already have
 * @throws NotSaved, or the operating system's error
 */
export function saveParameter(
  parameter: OutputParameter,
  layout: Layout,
  most: number,
  { masked, taken }: { readonly masked: (path: string) => string; readonly taken: readonly string[] },
): ParameterRecord {
  const { name, path } = parameter;
  const value = bytesOf(parameter, most);
  const placeOf = (shown: string) => join(layout.parameters, shown);
  const isTaken = (shown: string) => taken.includes(relative(layout.root, placeOf(shown)));
  const place = placeOf(keptPath(path, masked(path), isTaken));
  const file = new SavedFile(layout, place, null);
  try {
    file.write(value);
    return { name, path, file: relative(layout.root, place), ...file.publish() };
  } catch (error) {
    file.discard();
    throw error;
  }
}

function bytesOf(parameter: OutputParameter, most: number): Buffer {
  try {
    return readValue(parameter.path, most);
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
    if (isMissing && parameter.default !== null) return Buffer.from(parameter.default);
    throw error;
  }
}

function readValue(path: string, most: number): Buffer {
  const stats = statSync(path);
  if (stats.isDirectory()) throw new NotSaved('it is a directory');
  if (!stats.isFile()) throw new NotSaved(`it is ${specialKind(stats)}`);
  const file = openRegular(path);
  try {
    const value = Buffer.alloc(most + 1);
    const length = readFull(file, value);
    if (length > most)
      throw new NotSaved(
        `larger than the ${most} bytes of a parameter (${Math.max(stats.size, length)} bytes): make it an artifact`,
      );
    return value.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
