import { closeSync } from 'node:fs';
import { isTerminal } from '../../kernel/is-terminal.ts';
import { type JobStreams, openPipe } from './job-streams.ts';
import { Pump } from './pump.ts';

/**
 * Opens the job's streams: pipes, and a pseudo-terminal if the emissary itself has a terminal.
 * @throws Fault `supervision` if they cannot be opened
 */
export async function openStreams(): Promise<JobStreams> {
  const terminals = [0, 1, 2].filter(isTerminal);
  if (terminals.length === 0) return openPipes();
  const { openTerminal } = await import('../terminal/job-terminal.ts');
  return openTerminal(terminals) ?? openPipes();
}

function openPipes(): JobStreams {
  const outputs = [1, 2].map((stream) => ({ stream: stream as 1 | 2, pipe: openPipe() }));
  let begun = false;
  return {
    descriptors: new Map(outputs.map(({ stream, pipe }) => [stream, { descriptor: pipe.write }])),
    leads: 'group',
    begin: (recorder) => {
      begun = true;
      for (const { pipe } of outputs) closeSync(pipe.write);
      return outputs.map(({ stream, pipe }) => new Pump(pipe.read, recorder.sink(stream)));
    },
    handles: () => false,
    end: () => {
      if (begun) return;
      for (const { pipe } of outputs) {
        closeSync(pipe.read);
        closeSync(pipe.write);
      }
    },
  };
}
