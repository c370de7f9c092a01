import { closeSync, read } from 'node:fs';
import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pauseFor } from '../../base/timer.ts';
import {
  discardTyped,
  duplicateDescriptor,
  endOfInput,
  endOfLine,
  terminalSettings,
} from '../../kernel/terminal.ts';
import { watchInput } from '../../kernel/watch-input.ts';
import { PassThrough, readyAgain } from '../streams/pass-through.ts';
import type { OuterTerminal } from './outer-terminal.ts';

/**
 * Forwards what is typed while an attempt runs. What is typed between two attempts, or after the last, stays in the
 * terminal for the next attempt or the next program. A blocking read cannot be cancelled, so nothing is read before a
 * key is available.
 */
export class StdinForwarder {
  /** Null while no attempt runs. */
  #outer: OuterTerminal | null = null;
  /** Our own descriptor for the job's terminal. */
  #job = -1;
  #writing: Promise<unknown> = Promise.resolve();
  #begun = false;
  /** Ends the wait for a key or for an attempt. */
  #wake: () => void = () => undefined;

  /**
   * Forwards keys to this terminal of the job from now on.
   * @param master its descriptor, which the caller keeps
   */
  forwardTo(master: number, outer: OuterTerminal): void {
    const former = this.#job;
    this.#job = duplicateDescriptor(master);
    this.#outer = outer;
    if (former !== -1) {
      // A write to the old terminal would block for ever.
      discardTyped(former);
      // Close it only when the writing thread no longer uses its number.
      void this.#writing.then(() => closeSync(former));
    }
    if (this.#begun) return this.#wake();
    this.#begun = true;
    void this.#type();
  }

  /** Call when the attempt is over: it gets no more keys. */
  pause(): void {
    this.#outer = null;
    this.#wake();
  }

  async #type(): Promise<void> {
    const keys = Buffer.alloc(limits.keyBytes);
    for (let goesOn = true; goesOn; ) {
      const outer = this.#outer;
      if (outer === null) await this.#woken();
      // A shell sends no notification when it puts a program into the foreground.
      else if (!outer.take()) await pauseFor(limits.foregroundMs);
      else goesOn = await this.#forwardNext(outer, keys);
    }
    // The outer terminal has hung up: a job that continues must not wait for keys for ever.
    await this.#forwardSpecial(endOfInput);
  }

  /** @returns false if the outer terminal has hung up */
  async #forwardNext(outer: OuterTerminal, keys: Buffer): Promise<boolean> {
    await this.#write(outer.typedAhead());
    // If we were put into the background meanwhile, another program owns the terminal.
    if (!(await this.#readable(outer)) || !outer.take()) return true;
    const count = await readSome(keys);
    if (count > 0) await this.#write(keys.subarray(0, count));
    return count > 0 || !outer.take() || this.#forwardEnd();
  }

  /** Handles an empty read: Ctrl-D, if another program has set line mode meanwhile. @returns false if it has hung up */
  async #forwardEnd(): Promise<boolean> {
    if (terminalSettings(0) === null) return false;
    await this.#forwardSpecial(endOfLine);
    return true;
  }

  async #forwardSpecial(keysOf: (settings: Buffer) => Buffer): Promise<void> {
    const settings = terminalSettings(this.#job);
    if (settings !== null) await this.#write(keysOf(settings));
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Resolves with true when there is something to read, with false when the attempt is over. */
  async #readable(outer: OuterTerminal): Promise<boolean> {
    if (this.#outer !== outer) return false;
    const woken = this.#woken();
    const watch = watchInput(0, this.#wake);
    // Without a watch, the read itself blocks.
    if (watch === null) return true;
    await woken;
    watch.close();
    return this.#outer === outer;
  }

  #write(bytes: Buffer): Promise<unknown> {
    this.#writing = new PassThrough(this.#job, true).write(bytes);
    return this.#writing;
  }
}

async function readSome(buffer: Buffer): Promise<number> {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<number | string | null>();
    read(0, buffer, 0, buffer.length, null, (error, count) =>
      resolve(error === null ? count : errnoOf(error)),
    );
    const count = await promise;
    if (typeof count === 'number') return count;
    if (count !== 'EAGAIN') return 0;
    await readyAgain(0, 'read');
  }
}
