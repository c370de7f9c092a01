import { limits } from '../base/limits.ts';
import type { Recorder } from './streams/recorder.ts';

/**
 * The last bytes of a job's output, for its termination log. Many programs print their errors to standard output; on a
 * terminal, all of them do. Call it before the recorder is closed.
 */
export function lastOutput(recorder: Recorder): Buffer {
  const bytes = limits.terminationLogBytes + 1;
  const errors = recorder.tail(2, bytes);
  return errors.length > 0 ? errors : recorder.tail(1, bytes);
}

/**
 * Tells the engine why a container has failed. Best effort: never throws.
 * @param path the termination log; null: there is none
 * @param sentence why, masked
 */
export async function tellEngine(
  path: string | null,
  sentence: string,
  output: Buffer = Buffer.alloc(0),
): Promise<void> {
  if (path === null) return;
  const { writeTerminationLog } = await import('./write-termination-log.ts');
  writeTerminationLog(path, sentence, output);
}
