import { closeSync, read } from 'node:fs';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { pauseFor } from '../base/timer.ts';
import { discardTyped, duplicateDescriptor, endOfInput, terminalSettings } from '../kernel/terminal.ts';
import { PassThrough, readyAgain } from './pass-through.ts';
import type { PersonsTerminal } from './persons-terminal.ts';

/**
 * Hands on what the person types, to the end of the process: a read that waits for a key cannot be called off. So there
 * is one for all attempts, and a key goes to the attempt that runs when it comes.
 */
export class Keyboard {
  #person: PersonsTerminal | null = null;
  /** A descriptor of our own for the job's terminal. */
  #job = -1;
  #passing: Promise<unknown> = Promise.resolve();

  /**
   * From now on keys go to this terminal of the job's.
   * @param master its descriptor, which the caller keeps
   */
  typeInto(master: number, person: PersonsTerminal): void {
    const former = this.#job;
    const types = this.#person !== null;
    this.#job = duplicateDescriptor(master);
    this.#person = person;
    if (former !== -1) {
      // What waits there for its turn would do so for ever.
      discardTyped(former);
      // Not while the thread that writes may still use its number.
      void this.#passing.then(() => closeSync(former));
    }
    if (!types) void this.#type();
  }

  async #type(): Promise<void> {
    const keys = Buffer.alloc(limits.keyBytes);
    for (let person = this.#person; person !== null; person = this.#person) {
      // The shell tells nobody that it has put a program into the foreground.
      while (!person.take()) await pauseFor(limits.foregroundMs);
      const count = await readSome(keys);
      // Put into the background meanwhile, it was not ours to read.
      if (count === 0 && person.take()) break;
      await this.#pass(keys.subarray(0, count));
    }
    // The person's has hung up: a job that goes on without it must not wait for keys for ever.
    this.#person = null;
    const settings = terminalSettings(this.#job);
    if (settings !== null) await this.#pass(endOfInput(settings));
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
