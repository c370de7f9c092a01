import { messageOf } from '../../base/fault.ts';
import { signalNumber } from '../../base/signal-names.ts';
import type { Volume } from '../../contract/volume.ts';
import type { LaunchedJob } from './launched-job.ts';
import type { Reporter } from './reporter.ts';

/**
 * From now on, signals to the launcher are for the job: the first asks it to stop, the second kills it, the third leaves
 * at once.
 */
export function obeyInterrupts(job: LaunchedJob, volume: Volume, reporter: Reporter): void {
  const { screen, interrupts, engine, container } = job;
  interrupts.listen((wish, signal) => {
    const over = volume.has('ctr/main/exitcode');
    if (wish === 'give up' || (over && wish === 'kill')) {
      screen.note('Exiting without the report.');
      reporter.kill();
      void engine.kill(container).catch(() => undefined);
    } else if (over) {
      screen.note('The job has exited; its report is being stored. Interrupt again to exit without it.');
    } else if (wish === 'kill') {
      screen.note('Killing the job.');
      requestSignal(job, volume, 'KILL');
    } else {
      screen.note(`Stopping the job (SIG${signal}). Interrupt again to kill it.`);
      requestSignal(job, volume, signal);
    }
  });
}

/** Leaves a signal request for the wrapper of `main`. */
function requestSignal({ screen }: Pick<LaunchedJob, 'screen'>, volume: Volume, name: string): void {
  try {
    volume.publish('ctr/main/signal', String(signalNumber(name)), 0o666);
  } catch (error) {
    screen.note(`emissary: Cannot signal the job: ${messageOf(error)}`);
  }
}
