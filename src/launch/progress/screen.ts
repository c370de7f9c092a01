import { stderr, stdout } from 'node:process';
import { errnoOf, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { type LogLevel, logLine, logsJson } from '../../base/log.ts';
import { readProgressFile } from '../../observe/read-progress.ts';
import { drawBar, drawPhase } from './draw-bar.ts';

const clearLine = '\r\x1b[2K';

/**
 * What the person sees while the job runs: its output as it comes, and below it one line of progress on a terminal, or a
 * line of progress now and then where there is none. No library does this: those that draw a bar know nothing of another
 * program's half lines, which the bar must not touch.
 */
export class Screen {
  readonly #progressFile: string;
  readonly #bar: boolean;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #drawn = false;
  /** False while the terminal shows half a line of the job's. */
  #atLineStart = true;
  #reported = '';
  #abandoned = false;
  #phase: string | null = null;
  /** When it began to wait for something. */
  #waitingSince = performance.now();
  readonly #quiet: boolean;
  #hidesOutput = false;
  /** Standard output takes nothing any more, and not because its reader has gone. */
  #isCut = false;

  /** @param progressFile the file whose last line is `N/M` @param quiet whether nothing of our own is shown */
  constructor(progressFile: string, quiet: boolean) {
    this.#progressFile = progressFile;
    this.#quiet = quiet;
    this.#bar = stderr.isTTY === true && !quiet && !logsJson();
    // A closed terminal, a reader that went away: the job hears of it by a signal, and is recorded all the same.
    stderr.on('error', () => undefined);
    stdout.on('error', (error) => {
      if (this.#isCut || errnoOf(error) === 'EPIPE') return;
      this.#isCut = true;
      this.note(`emissary: The job's output is incomplete here: ${messageOf(error)}`, 'warning');
    });
    const everyMs = this.#bar ? limits.drawMs : limits.progressMs;
    this.#timer = setInterval(() => (this.#bar ? this.#draw() : this.#report()), everyMs);
  }

  /** What the launch is waiting for: shown in the place of the bar. Null: the job runs. */
  phase(text: string | null): void {
    if (this.#phase === null) this.#waitingSince = performance.now();
    this.#phase = text;
    if (this.#bar) this.#draw();
  }

  /** What it is waiting for, or null. */
  get current(): string | null {
    return this.#phase;
  }

  /** From now on, the output of the job is not shown: whoever finishes it has not launched it. */
  hideOutput(): void {
    this.#hidesOutput = true;
  }

  /** Forwards a piece of the job's output; resolves when its memory is free again, however slow the reader is. */
  async forward(stream: NodeJS.WriteStream, piece: Buffer): Promise<void> {
    if (this.#hidesOutput) return;
    if (stream.isTTY) {
      this.#clear();
      this.#atLineStart = piece.at(-1) === 0x0a;
    }
    await written(stream, piece);
  }

  /** Shows a line of our own. */
  note(line: string, level: LogLevel = 'info'): void {
    this.relay(shown(line, level));
  }

  /** Shows a line that is written as ours are: that of another process of ours. */
  relay(line: string): void {
    if (this.#quiet) return;
    this.#clear();
    // The last words of a process that crashed are its runtime's.
    const text = logsJson() && !line.startsWith('{') ? shown(line, 'warning') : line;
    stderr.write(`${this.#bar && !this.#atLineStart ? '\n' : ''}${text}\n`);
    this.#atLineStart = true;
  }

  /** The job is over: the bar goes, and the last progress is reported where there was no bar. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#bar) {
      this.#clear();
      if (!this.#atLineStart) stderr.write('\n');
    } else if (this.#phase === null) {
      this.#report();
    }
    this.#drawn = false;
    this.#atLineStart = true;
  }

  /** Nobody waits any more for a reader that stands still. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    if (!this.#abandoned) await Promise.all([stdout, stderr].map((stream) => written(stream, '')));
  }

  #draw(): void {
    if (!this.#atLineStart) return;
    const view = {
      seconds: (performance.now() - this.#startedAt) / 1000,
      columns: stderr.columns || 80,
    };
    const line =
      this.#phase === null
        ? drawBar(readProgressFile(this.#progressFile), view)
        : drawPhase(this.#phase, view);
    stderr.write(`${clearLine}${line}`);
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) stderr.write(clearLine);
    this.#drawn = false;
  }

  #report(): void {
    if (this.#quiet) return;
    const line = this.#phase === null ? this.#progress() : this.#wait(this.#phase);
    if (line !== this.#reported && line !== '') stderr.write(`${shown(line, 'info')}\n`);
    this.#reported = line;
  }

  /** A start that takes some seconds is nothing to tell of. */
  #wait(phase: string): string {
    const isLong = performance.now() - this.#waitingSince >= limits.waitingMs;
    return isLong ? `emissary: Waiting: ${phase}` : this.#reported;
  }

  #progress(): string {
    const progress = readProgressFile(this.#progressFile);
    return progress === null ? '' : `progress ${progress.done}/${progress.all}`;
  }
}

/** A line as it is written, without its line break. */
function shown(line: string, level: LogLevel): string {
  return logsJson() ? logLine(line.replace(/^emissary: /, ''), level).trimEnd() : line;
}

/** Resolves when this and everything before it is written, or nobody takes it any more. */
function written(stream: NodeJS.WriteStream, piece: Buffer | ''): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    const done = () => {
      stream.off('close', done);
      resolve();
    };
    stream.once('close', done);
    // Also called where the reader has gone away, which is no reason to stop the job.
    stream.write(piece, done);
  });
}
