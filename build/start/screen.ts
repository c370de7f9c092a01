import { once } from 'node:events';
import { drawBar } from './draw-bar.ts';
import { readProgress } from './read-progress.ts';

/** How often the bar is drawn again, ms. */
const drawMs = 100;
/** How often progress is told where there is no terminal, ms. */
const tellMs = 5_000;
const clearLine = '\r\x1b[2K';

/**
 * What the person sees while the job runs: its output as it comes, and below it one line of progress on a terminal, or
 * now and then a line of progress where there is none. No library does this: those that draw a bar know nothing of
 * another program's half lines, which the bar must not touch.
 */
export class Screen {
  readonly #progressFile: string;
  readonly #bar = process.stderr.isTTY === true;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #drawn = false;
  /** False while the terminal shows half a line of the job's. */
  #atLineStart = true;
  #told = '';

  /** @param progressFile the file whose last line is `N/M` */
  constructor(progressFile: string) {
    this.#progressFile = progressFile;
    // A terminal that was closed, a reader that went away: the job is told by a signal, and is recorded all the same.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    this.#timer = setInterval(() => (this.#bar ? this.#draw() : this.#tell()), this.#bar ? drawMs : tellMs);
  }

  /** Passes a piece of the job's output on; waits for a slow reader. */
  async pass(stream: NodeJS.WriteStream, piece: Buffer): Promise<void> {
    if (stream.isTTY) {
      this.#clear();
      this.#atLineStart = piece.at(-1) === 0x0a;
    }
    if (!stream.destroyed && !stream.write(piece)) {
      // A reader that goes away is no reason to stop the job.
      await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => undefined);
    }
  }

  /** Says a line of our own. */
  note(line: string): void {
    this.#clear();
    process.stderr.write(`${this.#bar && !this.#atLineStart ? '\n' : ''}${line}\n`);
    this.#atLineStart = true;
  }

  /** The job is over: the bar goes, the last progress is told where there was no bar. */
  close(): void {
    clearInterval(this.#timer);
    if (!this.#bar) return this.#tell();
    this.#clear();
    if (!this.#atLineStart) process.stderr.write('\n');
  }

  #draw(): void {
    if (!this.#atLineStart) return;
    const line = drawBar(readProgress(this.#progressFile), {
      seconds: (performance.now() - this.#startedAt) / 1000,
      columns: process.stderr.columns || 80,
    });
    process.stderr.write(`${clearLine}${line}`);
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) process.stderr.write(clearLine);
    this.#drawn = false;
  }

  #tell(): void {
    const progress = readProgress(this.#progressFile);
    const line = progress === null ? '' : `progress ${progress.done}/${progress.all}`;
    if (line !== this.#told) process.stderr.write(`${line}\n`);
    this.#told = line;
  }
}
