import { errnoText } from '../../base/errno-text.ts';
import { Fault } from '../../base/fault.ts';
import { makePipe, type Pipe } from '../../kernel/pipe.ts';
import type { SpawnRequest } from '../../kernel/spawn.ts';
import type { Pump } from './pump.ts';
import type { Recorder } from './recorder.ts';

/** The job's standard streams, as far as they are not simply inherited. */
export interface JobStreams {
  /** What the job gets. */
  readonly descriptors: SpawnRequest['descriptors'];
  readonly leads: SpawnRequest['leads'];
  /** The job was started: its ends are closed here, and its output is read from now on. */
  begin(recorder: Recorder): readonly Pump[];
  /** Whether a signal for the job is the streams' own affair: a terminal learns of the window's new size. */
  takes(signal: number): boolean;
  /** All is over, or the job was not started: nothing stays open, and the terminal is as it was. */
  end(): void;
}

/** A pipe for the job's output. */
export function openPipe(): Pipe {
  const pipe = makePipe();
  if ('errno' in pipe)
    throw new Fault('supervision', `Cannot make a pipe for the job: ${errnoText(pipe.errno)}`);
  return pipe;
}
