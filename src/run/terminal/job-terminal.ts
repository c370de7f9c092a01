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

/** Shared by all attempts. */
const stdinForwarder = new StdinForwarder();

/**
 * Gives the job its own pseudo-terminal if the emissary has a terminal. The job leads a session there, so that Ctrl-C,
 * the window size and a shell's job control work as without us; Ctrl-Z does not stop a job that is not a shell.
 * Meanwhile the outer terminal is in raw mode. Streams that are not a terminal are inherited (input) or get pipes
 * (outputs).
 *
 * @param terminals which of descriptors 0, 1 and 2 are terminals; they may hang up meanwhile
 * @returns null if no pseudo-terminal is available
 */
export function openTerminal(terminals: readonly number[]): JobStreams | null {
  const terminal = openPseudoTerminal();
  if (terminal === null) return null;
  const outerFile = terminals[0] ?? 0;
  const outer = new OuterTerminal(outerFile, terminal);
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
      if (terminals.includes(0)) stdinForwarder.forwardTo(terminal.master, outer);
      const piped = [...pipes].map(([stream, pipe]) => new Pump(pipe.read, recorder.sink(stream)));
      return [new Pump(terminal.master, screen(recorder, terminals), terminal.slave), ...piped];
    },
    handles: (signal) => {
      if (signal === windowSignal) copyWindowSize(outerFile, terminal.master);
      return signal === windowSignal;
    },
    end: () => {
      stdinForwarder.pause();
      outer.restore();
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

/** The job's terminal output is captured as standard output, else as standard error, else only shown. */
function screen(recorder: Recorder, terminals: readonly number[]): Sink {
  if (terminals.includes(1)) return recorder.sink(1);
  if (terminals.includes(2)) return recorder.sink(2);
  const shown = new PassThrough(0, true);
  return {
    forward: null,
    prepare: (chunk) => chunk,
    write: (piece) => shown.write(piece),
    end: async () => undefined,
  };
}
