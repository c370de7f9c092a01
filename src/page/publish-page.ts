import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fault, messageOf } from '../base/fault.ts';

/** Writes a page to a file, which appears whole. Only its owner can read it: a log is not for everybody. @throws Fault `volume` */
export async function publishPage(file: string, html: AsyncIterable<string>): Promise<void> {
  const refuse = (cause: unknown) => {
    throw new Fault('volume', `Cannot write the page "${file}": ${messageOf(cause)}`, { cause });
  };
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  const own = await open(temporary, 'wx', 0o600).catch(refuse);
  try {
    await pipeline(html, createWriteStream('', { fd: own, flush: true }));
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    refuse(cause);
  }
}
