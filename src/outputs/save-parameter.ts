import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join, relative } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { Layout } from '../contract/layout.ts';
import type { ParameterRecord } from '../contract/records.ts';
import type { OutputParameter } from '../settings/template.ts';
import { specialKind } from './members.ts';
import { readFull } from './read-file.ts';
import { NotSaved } from './reasons.ts';
import { SavedFile } from './saved-file.ts';

/**
 * Saves one parameter's bytes exactly as the job wrote them; where the job wrote none, its default.
 * @throws NotSaved, or the operating system's error
 */
export function saveParameter(parameter: OutputParameter, layout: Layout): ParameterRecord {
  const { name, path } = parameter;
  const value = bytesOf(parameter);
  const place = join(layout.parameters, path);
  const file = new SavedFile(layout.root, place);
  try {
    file.write(value);
    return { name, path, file: relative(layout.root, place), ...file.publish() };
  } catch (error) {
    file.discard();
    throw error;
  }
}

function bytesOf(parameter: OutputParameter): Buffer {
  try {
    return readValue(parameter.path);
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
    if (isMissing && parameter.default !== null) return Buffer.from(parameter.default);
    throw error;
  }
}

function readValue(path: string): Buffer {
  // A FIFO must not be waited for.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw new NotSaved('it is a directory');
    if (!stats.isFile()) throw new NotSaved(`it is ${specialKind(stats)}`);
    const value = Buffer.alloc(limits.parameterBytes + 1);
    const length = readFull(file, value);
    if (length > limits.parameterBytes)
      throw new NotSaved(
        `larger than the ${limits.parameterBytes} bytes of a parameter (${Math.max(stats.size, length)} bytes): make it an artifact`,
      );
    return value.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
