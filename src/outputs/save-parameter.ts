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
 * Saves one parameter's bytes exactly as the job wrote them, or its default if the job wrote none.
 * @param maxBytes maximum bytes of a value
 * @param names `masked` masks the secrets in a path; `taken`: the files of the parameters saved before
 * @throws NotSaved, or the operating system's error
 */
export function saveParameter(
  parameter: OutputParameter,
  layout: Layout,
  maxBytes: number,
  { masked, taken }: { readonly masked: (path: string) => string; readonly taken: readonly string[] },
): ParameterRecord {
  const { name, path } = parameter;
  const value = bytesOf(parameter, maxBytes);
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

function bytesOf(parameter: OutputParameter, maxBytes: number): Buffer {
  try {
    return readValue(parameter.path, maxBytes);
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
    if (isMissing && parameter.default !== null) return Buffer.from(parameter.default);
    throw error;
  }
}

function readValue(path: string, maxBytes: number): Buffer {
  const stats = statSync(path);
  if (stats.isDirectory()) throw new NotSaved('it is a directory');
  if (!stats.isFile()) throw new NotSaved(`it is ${specialKind(stats)}`);
  const file = openRegular(path);
  try {
    const value = Buffer.alloc(maxBytes + 1);
    const length = readFull(file, value);
    if (length > maxBytes)
      throw new NotSaved(
        `${Math.max(stats.size, length)} bytes exceed the limit of ${maxBytes} for a parameter: make it an artifact`,
      );
    return value.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
