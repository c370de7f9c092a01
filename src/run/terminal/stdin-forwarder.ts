import { closeSync, read } from 'node:fs';
import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pauseFor } from '../../base/timer.ts';
import { watchInput } from '../../kernel/input-watch.ts';
import {
  discardTyped,
  duplicateDescriptor,
  endOfInput,
  endOfLine,
  terminalSettings,
} from '../../kernel/terminal.ts';
import { PassThrough, readyAgain } from '../streams/pass-through.ts';
import type { OuterTerminal } from './outer-terminal.ts';

/**
 * Hands on what the person types while an attempt runs. What is typed between two attempts, or after the last, is left
 * in the terminal, to the next attempt or to who reads there after us. A read that waits for a key cannot be called
 * off: so there is none before there is a key.
 */
export class StdinForwarder {
  /** Null while no attempt runs. */
  #person: OuterTerminal | null = null;
  /** A descriptor of our own for the job's terminal. */
  #job = -1;
  #passing: Promise<unknown> = Promise.resolve();
  #begun = false;
  /** Ends the wait for a key, or for an attempt. */
  #wake: () => void = () => undefined;

  /**
   * From now on keys go to this terminal of the job's.
   * @param master its descriptor, which the caller keeps
   */
  typeInto(master: number, person: OuterTerminal): void {
    const former = this.#job;
    this.#job = duplicateDescriptor(master);
    this.#person = person;
    if (former !== -1) {
      // What waits there for its turn would do so for ever.
      discardTyped(former);
      // Not while the thread that writes may still use its number.
      void this.#passing.then(() => closeSync(former));
    }
    if (this.#begun) return this.#wake();
    this.#begun = true;
    void this.#type();
  }

  /** The attempt is over: what is typed from now on is not for it. */
  rest(): void {
    this.#person = null;
    this.#wake();
  }

  async #type(): Promise<void> {
    const keys = Buffer.alloc(limits.keyBytes);
    for (let goesOn = true; goesOn; ) {
      const person = this.#person;
      if (person === null) await this.#woken();
      // The shell tells nobody that it has put a program into the foreground.
      else if (!person.take()) await pauseFor(limits.foregroundMs);
      else goesOn = await this.#passNext(person, keys);
    }
    // The person's has hung up: a job that goes on without it must not wait for keys for ever.
    await this.#passTo(endOfInput);
  }

  /** @returns false when the person's terminal has hung up */
  async #passNext(person: OuterTerminal, keys: Buffer): Promise<boolean> {
    await this.#pass(person.typedAhead());
    // Put into the background meanwhile, it is not ours to read.
    if (!(await this.#readable(person)) || !person.take()) return true;
    const count = await readSome(keys);
    if (count > 0) await this.#pass(keys.subarray(0, count));
    return count > 0 || !person.take() || this.#passEnd();
  }

  /** Nothing was read: Ctrl-D, where another program has set the terminal to lines meanwhile. False when it has hung up. */
  async #passEnd(): Promise<boolean> {
    if (terminalSettings(0) === null) return false;
    await this.#passTo(endOfLine);
    return true;
  }

  async #passTo(keysOf: (settings: Buffer) => Buffer): Promise<void> {
    const settings = terminalSettings(this.#job);
    if (settings !== null) await this.#pass(keysOf(settings));
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Resolves when there is something to read, or the attempt is over; then with false. */
  async #readable(person: OuterTerminal): Promise<boolean> {
    if (this.#person !== person) return false;
    const woken = this.#woken();
    const watch = watchInput(0, this.#wake);
    // Without a watch, the read itself waits.
    if (watch === null) return true;
    await woken;
    watch.close();
    return this.#person === person;
  }

  #pass(bytes: Buffer): Promise<unknown> {
    this.#passing = new PassThrough(this.#job).write(bytes);
    return this.#passing;
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
