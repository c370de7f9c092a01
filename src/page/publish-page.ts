import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { Fault, messageOf } from '../base/fault.ts';

/** Writes a page to a file, which appears whole. Only its owner can read it: a log is not for everybody. @throws Fault `volume` */
export async function publishPage(file: string, html: AsyncIterable<string>): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${pid}.tmp`);
  try {
    await pipeline(html, createWriteStream(temporary, { mode: 0o600, flags: 'wx', flush: true }));
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new Fault('volume', `Cannot write the page "${file}": ${messageOf(cause)}`, { cause });
  }
}
