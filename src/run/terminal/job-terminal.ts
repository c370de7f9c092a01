import { closeSync } from 'node:fs';
import type { Pipe } from '../../kernel/pipe.ts';
import type { DescriptorSource } from '../../kernel/spawn.ts';
import { copyWindowSize, openPseudoTerminal, type PseudoTerminal } from '../../kernel/terminal.ts';
import { type JobStreams, openPipe } from '../streams/job-streams.ts';
import { PassThrough } from '../streams/pass-through.ts';
import { Pump, type Sink } from '../streams/pump.ts';
import type { Recorder } from '../streams/recorder.ts';
import { OuterTerminal } from './outer-terminal.ts';
import { StdinForwarder } from './stdin-forwarder.ts';

/** SIGWINCH. */
const windowSignal = 28;

/** One for all attempts. */
const stdinForwarder = new StdinForwarder();

/**
 * Gives the job a terminal of its own wherever the emissary has one: it leads a session there, so that Ctrl-C, the
 * window's size and the job control of a shell work as they would without us; a job that is no shell is not stopped by
 * Ctrl-Z. The person's terminal hands every byte on meanwhile.
 * Streams that are no terminal stay what they are, and outputs get pipes.
 *
 * @param terminals those of 0, 1 and 2 that are one; it may hang up while we look
 * @returns null where no pseudo-terminal can be had
 */
export function openTerminal(terminals: readonly number[]): JobStreams | null {
  const terminal = openPseudoTerminal();
  if (terminal === null) return null;
  const outer = terminals[0] ?? 0;
  const person = new OuterTerminal(outer, terminal);
  const pipes = new Map(
    ([1, 2] as const).filter((file) => !terminals.includes(file)).map((file) => [file, openPipe()]),
  );
  let begun = false;
  return {
    descriptors: descriptors(terminal, pipes, terminals),
    leads: 'session',
    begin: (recorder) => {
      begun = true;
      for (const pipe of pipes.values()) closeSync(pipe.write);
      if (terminals.includes(0)) stdinForwarder.typeInto(terminal.master, person);
      const piped = [...pipes].map(([stream, pipe]) => new Pump(pipe.read, recorder.sink(stream)));
      return [new Pump(terminal.master, screen(recorder, terminals), terminal.slave), ...piped];
    },
    takes: (signal) => {
      if (signal === windowSignal) copyWindowSize(outer, terminal.master);
      return signal === windowSignal;
    },
    end: () => {
      stdinForwarder.rest();
      person.restore();
      if (begun) return;
      for (const file of [terminal.master, terminal.slave, ...[...pipes.values()].flatMap(Object.values)])
        closeSync(file);
    },
  };
}

function descriptors(
  { path }: PseudoTerminal,
  pipes: ReadonlyMap<1 | 2, Pipe>,
  terminals: readonly number[],
): ReadonlyMap<number, DescriptorSource> {
  const all = new Map<number, DescriptorSource>();
  for (const file of [0, 1, 2] as const) {
    const pipe = file === 0 ? undefined : pipes.get(file);
    if (pipe !== undefined) all.set(file, { descriptor: pipe.write });
    else if (terminals.includes(file)) all.set(file, { open: path });
  }
  return all;
}

/** What the job's terminal shows is its standard output, else its standard error, else only shown. */
function screen(recorder: Recorder, terminals: readonly number[]): Sink {
  if (terminals.includes(1)) return recorder.sink(1);
  if (terminals.includes(2)) return recorder.sink(2);
  const shown = new PassThrough(0);
  return {
    passOn: null,
    prepare: (chunk) => chunk,
    write: (piece) => shown.write(piece),
    end: async () => undefined,
  };
}
