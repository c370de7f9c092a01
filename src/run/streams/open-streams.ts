import { closeSync } from 'node:fs';
import { isTerminal } from '../../kernel/is-terminal.ts';
import { type JobStreams, openPipe } from './job-streams.ts';
import { Pump } from './pump.ts';

/**
 * Opens the job's streams: pipes, and a pseudo-terminal if the emissary itself has a terminal.
 * @param captures if not, pipes are not needed: the job inherits all three
 * @throws Fault `supervision` if they cannot be opened
 */
export async function openStreams(captures: boolean): Promise<JobStreams> {
  const terminals = [0, 1, 2].filter(isTerminal);
  const otherwise = captures ? openPipes : () => inherited;
  if (terminals.length === 0) return otherwise();
  // A terminal belongs to one session: the job cannot have ours.
  const { openTerminal } = await import('../terminal/job-terminal.ts');
  return openTerminal(terminals) ?? otherwise();
}

const inherited: JobStreams = {
  descriptors: new Map(),
  leads: 'group',
  begin: () => [],
  handles: () => false,
  end: () => undefined,
};

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
