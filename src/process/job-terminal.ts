import { closeSync, fstatSync, read } from 'node:fs';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { pauseFor } from '../base/timer.ts';
import { isTerminal } from '../kernel/is-terminal.ts';
import type { Pipe } from '../kernel/pipe.ts';
import type { DescriptorSource } from '../kernel/spawn.ts';
import {
  copyWindowSize,
  duplicateDescriptor,
  endOfInput,
  isInForeground,
  openPseudoTerminal,
  type PseudoTerminal,
  rawSettings,
  setTerminal,
  type TerminalSettings,
  terminalSettings,
} from '../kernel/terminal.ts';
import { type JobStreams, openPipe } from './job-streams.ts';
import { PassThrough, readyAgain } from './pass-through.ts';
import { Pump, type Sink } from './pump.ts';
import type { Recorder } from './recorder.ts';

/** SIGWINCH. */
const windowSignal = 28;

/**
 * Gives the job a terminal of its own wherever the emissary has one: it leads a session there, so that job control,
 * Ctrl-C and the window's size work as they would without us. The person's terminal hands every byte on meanwhile.
 * Streams that are no terminal stay what they are, and outputs get pipes.
 *
 * @returns null where no pseudo-terminal can be had
 */
export function openTerminal(): JobStreams | null {
  const terminal = openPseudoTerminal();
  if ('errno' in terminal) return null;
  const outer = [0, 1, 2].find((file) => isTerminal(file)) ?? 0;
  const person = new PersonsTerminal(outer, terminal);
  const pipes = new Map(
    ([1, 2] as const).filter((file) => !isTerminal(file)).map((file) => [file, openPipe()]),
  );
  let begun = false;
  return {
    descriptors: descriptors(terminal, pipes),
    leads: 'session',
    begin: (recorder) => {
      begun = true;
      for (const pipe of pipes.values()) closeSync(pipe.write);
      if (isTerminal(0)) keyboard.typeInto(terminal.master, person);
      const piped = [...pipes].map(([stream, pipe]) => new Pump(pipe.read, recorder.sink(stream)));
      return [new Pump(terminal.master, screen(recorder)), ...piped];
    },
    takes: (signal) => {
      if (signal === windowSignal) copyWindowSize(outer, terminal.master);
      return signal === windowSignal;
    },
    end: () => {
      person.restore();
      if (begun) return;
      for (const file of [terminal.master, ...[...pipes.values()].flatMap(Object.values)]) closeSync(file);
    },
  };
}

/** The terminal that the emissary has itself. It hands on all bytes until it is restored, once we are in its foreground. */
class PersonsTerminal {
  readonly #file: number;
  /** The job's own. */
  readonly #master: number;
  /** What the job's was set to. */
  #given: TerminalSettings | null = null;
  /** What it is to be restored to; null before it was taken. */
  #settings: TerminalSettings | null = null;

  constructor(file: number, { master }: PseudoTerminal) {
    this.#file = file;
    this.#master = master;
    copyWindowSize(file, master);
    this.#give();
    this.take();
  }

  /** @returns whether it is ours to read now: not in the background, where it is another program's */
  take(): boolean {
    if (!isInForeground(this.#file)) return false;
    if (this.#settings !== null) return true;
    // In the background, it may have had the settings of a shell that edits its line.
    const current = terminalSettings(this.#master);
    if (current !== null && this.#given?.equals(current)) this.#give();
    this.#settings = terminalSettings(this.#file);
    // The other programs of a pipeline write to it too, and have not ended their lines as the job's terminal does.
    const ways = { typed: isTerminal(0), shown: !isPipe(0) && !isPipe(1) };
    if (this.#settings !== null) setTerminal(this.#file, rawSettings(this.#settings, ways));
    return true;
  }

  restore(): void {
    if (this.#settings !== null && isInForeground(this.#file)) setTerminal(this.#file, this.#settings);
  }

  #give(): void {
    const settings = terminalSettings(this.#file);
    if (settings !== null) setTerminal(this.#master, settings);
    this.#given = terminalSettings(this.#master);
  }
}

function descriptors(
  { path }: PseudoTerminal,
  pipes: ReadonlyMap<1 | 2, Pipe>,
): ReadonlyMap<number, DescriptorSource> {
  const all = new Map<number, DescriptorSource>();
  for (const file of [0, 1, 2] as const) {
    const pipe = file === 0 ? undefined : pipes.get(file);
    if (pipe !== undefined) all.set(file, { descriptor: pipe.write });
    else if (isTerminal(file)) all.set(file, { open: path });
  }
  return all;
}

/** What the job's terminal shows is its standard output, else its standard error, else only shown. */
function screen(recorder: Recorder): Sink {
  if (isTerminal(1)) return recorder.sink(1);
  if (isTerminal(2)) return recorder.sink(2);
  const shown = new PassThrough(0);
  return {
    passOn: null,
    prepare: (chunk) => chunk,
    write: (piece) => shown.write(piece),
    end: async () => undefined,
  };
}

/**
 * Hands on what the person types, to the end of the process: a read that waits for a key cannot be called off. So there
 * is one for all attempts, and a key goes to the attempt that runs when it comes.
 */
class Keyboard {
  #person: PersonsTerminal | null = null;
  /** A descriptor of our own for the job's terminal. */
  #job = -1;
  #passing: Promise<unknown> = Promise.resolve();

  typeInto(master: number, person: PersonsTerminal): void {
    const former = this.#job;
    const types = this.#person !== null;
    this.#job = duplicateDescriptor(master);
    this.#person = person;
    // Not while the thread that writes may still use its number.
    if (former !== -1) void this.#passing.then(() => closeSync(former));
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

const keyboard = new Keyboard();

function isPipe(file: number): boolean {
  return fstatSync(file).isFIFO();
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
