import type { Checkpoint, Journal } from './journal.ts';
import type { OpenOutputs } from './open-outputs.ts';

/** Where reading stands: behind the checkpoint `index`, before row `line`, at the output of container `turn`. */
export interface Standing {
  readonly index: number;
  readonly line: number;
  readonly turn: string;
}

/**
 * Passes over a checkpoint that the files do not lead to, with all that follow it: reading goes on as if it stood here.
 * Only a log that began anew is read from there on.
 *
 * @returns the checkpoint that holds in its place
 */
export function passOver(
  { turn, at }: Checkpoint,
  here: Standing,
  journal: Journal,
  outputs: OpenOutputs,
): Checkpoint {
  const left = outputs.position(here.turn);
  return journal.replaceAfter(here.index, (checkpoints) => {
    outputs.reset(checkpoints);
    outputs.put(here.turn, left);
    const found = outputs.position(turn);
    return { line: here.line, turn, at: at.timeline < found.timeline ? at : found, left };
  });
}
