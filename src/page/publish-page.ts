import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errnoOf, Fault, messageOf } from '../base/fault.ts';

/**
 * Writes a page to a file, which appears whole. Only its owner can read it: a log is not for everybody. A link leads to its file,
 * and what is no file, such as `/dev/stdout`, is written to.
 *
 * @throws Fault `volume`
 */
export async function publishPage(file: string, html: AsyncIterable<string>): Promise<void> {
  try {
    const found = await stat(file).catch(unlessAbsent);
    if (found === null) await writeWhole(file, html);
    else if (found.isFile()) await writeWhole(await realpath(file), html);
    // A file in its place would take a device, even `/dev/null`, from everybody. It opens no directory.
    else await pipeline(html, createWriteStream(file));
  } catch (cause) {
    throw new Fault('volume', `Cannot write the page "${file}": ${messageOf(cause)}`, { cause });
  }
}

async function writeWhole(file: string, html: AsyncIterable<string>): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  const own = await open(temporary, 'wx', 0o600);
  try {
    await pipeline(html, createWriteStream('', { fd: own, flush: true }));
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

function unlessAbsent(cause: unknown): null {
  if (errnoOf(cause) === 'ENOENT') return null;
  throw cause;
}
