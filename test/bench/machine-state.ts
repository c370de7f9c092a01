import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';

/** `quiet`: nothing is added to what the machine does; `busy`: each core also has a program that never rests. */
export type MachineState = 'quiet' | 'busy';

/** Above this load for each core, a machine that should be quiet is not. */
const quietLoad = 0.25;

/** The state as long as it lasts. */
export interface Load extends Disposable {
  /** Whether the machine has more to do than what is measured. */
  readonly isBusy: boolean;
  /** For the table's head. */
  readonly description: string;
}

/** Reads `--state`. */
export function statesOf(text: string): readonly MachineState[] {
  if (text === 'both') return ['quiet', 'busy'];
  if (text === 'quiet' || text === 'busy') return [text];
  throw new Error(`--state: "${text}" is none of quiet, busy and both`);
}

/** Puts the machine into a state, and tells whether it really is in it. */
export function enter(state: MachineState): Load {
  const cores = availableParallelism();
  const [load = 0] = loadavg();
  if (state === 'quiet')
    return {
      isBusy: load > quietLoad * cores,
      description:
        load > quietLoad * cores ? `Not a quiet machine: a load of ${load.toFixed(1)}` : 'A quiet machine',
      [Symbol.dispose]: () => undefined,
    };
  const burners: readonly ChildProcess[] = Array.from({ length: cores }, () =>
    spawn('sh', ['-c', 'while kill -0 $PPID; do :; done'], { stdio: 'ignore' }),
  );
  return {
    isBusy: true,
    description: `All ${cores} cores are kept busy`,
    [Symbol.dispose]: () => {
      for (const burner of burners) burner.kill('SIGKILL');
    },
  };
}
