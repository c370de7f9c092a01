import { errnoText } from '../../base/errno-text.ts';
import { Fault } from '../../base/fault.ts';
import { makePipe, type Pipe } from '../../kernel/pipe.ts';
import type { SpawnRequest } from '../../kernel/spawn.ts';
import type { Pump } from './pump.ts';
import type { Recorder } from './recorder.ts';

/** The job's standard streams that are not simply inherited. */
export interface JobStreams {
  /** The descriptors for the job. */
  readonly descriptors: SpawnRequest['descriptors'];
  readonly leads: SpawnRequest['leads'];
  /** Call when the job has started: closes its ends of the pipes and starts reading its output. */
  begin(recorder: Recorder): readonly Pump[];
  /** Handles signals that concern the streams: a terminal takes over the new window size. @returns whether it did */
  handles(signal: number): boolean;
  /** All is over, or the job was not started: nothing stays open, and the terminal is as it was. */
  end(): void;
}

/** Makes a pipe for the job's output. @throws Fault `supervision` */
export function openPipe(): Pipe {
  const pipe = makePipe();
  if ('errno' in pipe)
    throw new Fault('supervision', `Cannot make a pipe for the job: ${errnoText(pipe.errno)}`);
  return pipe;
}
