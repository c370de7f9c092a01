import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { DeliveryError } from '../../base/delivery-error.ts';
import { isOutOfSpace } from '../../base/error-reason.ts';
import { errnoOf, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import { joinLimited, shorten } from '../../base/shorten.ts';
import { nextTurn } from '../../base/timer.ts';
import { isTransient } from '../../contract/read-result.ts';
import { Volume } from '../../contract/volume.ts';
import { nextData } from '../../kernel/next-data.ts';
import { missingOutput } from '../missing-output.ts';
import type { Progress, Sink } from '../sink.ts';
import { reportRecord } from '../spool/find-report.ts';
import { type KeptFile, keptFiles } from './kept-files.ts';

/**
 * Copies a job's results to a directory named after the job's id: `<id>/ctr/…`, `<id>/outputs/…` as on the volume, and
 * `<id>/report.json`, which comes last. Every file appears complete.
 */
export class DirectorySink implements Sink {
  readonly name: string;
  readonly bestEffort = false;
  readonly #target: string;
  readonly #volume: Volume;
  readonly #logLimit: number;

  /**
   * @param directory of all jobs' results
   * @param logLimit bytes of one captured stream; 0 = no limit
   */
  constructor(directory: string, jobId: number, volume: Volume, logLimit: number) {
    this.#logLimit = logLimit;
    this.name = `The directory ${directory}`;
    this.#target = join(directory, String(jobId));
    this.#volume = volume;
  }

  async deliver({ report }: Progress, advanced: () => void): Promise<readonly string[]> {
    if (report === null) return [];
    const refused: string[] = [];
    try {
      makeDirectories(this.#target);
      const target = new Volume(this.#target);
      const files = keptFiles(report, this.#logLimit);
      // An earlier reporter may have been killed while it was copying a large log.
      for (const directory of new Set(files.map(({ path }) => directoryOf(path))))
        target.removeUnpublished(directory);
      const sizes = new Map<string, number>();
      for (const file of files) {
        const reason = await copy(this.#volume, target, file, (bytes) => {
          sizes.set(file.path, (sizes.get(file.path) ?? 0) + bytes);
          advanced();
        });
        if (reason !== null)
          refused.push(`Cannot copy all of "${shorten(file.path)}" to ${this.#target}: it ${reason}`);
      }
      const bytesRead = (name: string, stream: string) => sizes.get(`ctr/${name}/${stream}`) ?? 0;
      refused.push(...missingOutput(report, { bytesRead }));
      target.publish(reportRecord, `${JSON.stringify(report, null, 2)}\n`);
      target.close();
    } catch (cause) {
      if (cause instanceof DeliveryError) throw cause;
      const permanent = !isOutOfSpace(cause) && !isTransient(errnoOf(cause));
      throw new DeliveryError(`Cannot write the results to ${this.#target}: ${messageOf(cause)}`, {
        permanent,
        cause,
      });
    }
    if (refused.length > 0) throw new DeliveryError(joinLimited(refused), { permanent: true });
    return [];
  }

  async close(): Promise<void> {
    // Nothing is kept open.
  }
}

/** @returns why the file was not copied; null if it was, or if it is one of the emissary's own that does not exist */
async function copy(
  from: Volume,
  to: Volume,
  { path, most }: KeptFile,
  advanced: (bytes: number) => void,
): Promise<string | null> {
  const isOutput = path.startsWith('outputs/');
  if (!isOutput && !path.startsWith('ctr/')) return 'is not among the outputs';
  const opened = from.openFile(path);
  if ('kind' in opened) {
    if (opened.kind === 'refused' && opened.retry === 'soon')
      throw new DeliveryError(`Cannot read "${path}": it ${opened.reason}`, { permanent: false });
    if (opened.kind === 'refused') return opened.reason;
    return isOutput ? 'does not exist' : null;
  }
  try {
    to.makeDirectories(directoryOf(path));
    await to.publishPieces(path, piecesOf(opened.descriptor, Math.min(opened.size, most), advanced));
    return opened.size > most ? `has ${opened.size} bytes, but only ${most} are stored` : null;
  } finally {
    closeSync(opened.descriptor);
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/**
 * The file's bytes, no more than it had when it was opened: a job that keeps writing must not fill the disk. A hole, which
 * a job can make any size at once, is one piece, given as its length.
 */
async function* piecesOf(
  descriptor: number,
  size: number,
  advanced: (bytes: number) => void,
): AsyncGenerator<Buffer | number> {
  const buffer = Buffer.allocUnsafe(limits.copyBytes);
  for (let offset = 0; offset < size; ) {
    const found = nextData(descriptor, offset);
    const start = Math.min(size, found?.start ?? size);
    if (start > offset) {
      yield start - offset;
      advanced(start - offset);
    }
    const end = Math.min(size, found?.end ?? size);
    for (offset = start; offset < end; ) {
      const count = readSync(descriptor, buffer, 0, Math.min(buffer.length, end - offset), offset);
      if (count === 0) return;
      yield buffer.subarray(0, count);
      offset += count;
      advanced(count);
      await nextTurn();
    }
  }
}
