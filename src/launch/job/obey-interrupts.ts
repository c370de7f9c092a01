import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { signalNumber } from '../../base/signal-names.ts';
import { pauseFor } from '../../base/timer.ts';
import type { Volume } from '../../contract/volume.ts';
import type { Wish } from '../interrupts.ts';
import type { LaunchedJob } from './launched-job.ts';
import type { Reporter } from './reporter.ts';

/**
 * From now on, signals to the launcher are for the job: the first asks it to stop, the second kills it, the third leaves
 * at once.
 *
 * @returns resolves when the launcher is to end before its job: TERM is to end it alone, or it was told to give up
 */
export function obeyInterrupts(job: LaunchedJob, volume: Volume, reporter: Reporter): Promise<'left'> {
  const { screen, interrupts, settings } = job;
  return new Promise((resolve) => {
    interrupts.listen((wish, signal) => {
      const over = volume.has('ctr/main/exitcode');
      if (settings.onTerm === 'leave' || (settings.onTerm === 'detach' && signal === 'TERM')) {
        screen.note(
          `emissary: The job goes on; to follow it: multiflexi-emissary attach ${job.directory.key}`,
        );
        resolve('left');
      } else if (wish === 'give up' || (over && wish === 'kill')) {
        screen.note('Exiting without the report.');
        reporter.kill();
        void killed(job).then(() => resolve('left'));
      } else {
        ask(job, volume, { wish, signal, over });
      }
    });
  });
}

/** An engine that does not answer must not hold whoever gives up. */
function killed({ engine, container }: LaunchedJob): Promise<void> {
  return Promise.race([engine.kill(container).catch(() => undefined), pauseFor(limits.giveUpMs)]);
}

function ask(
  job: LaunchedJob,
  volume: Volume,
  of: { readonly wish: Wish; readonly signal: string; readonly over: boolean },
): void {
  const { screen } = job;
  if (of.over) {
    screen.note('The job has exited; its report is being stored. Interrupt again to exit without it.');
    return;
  }
  const isKill = of.wish === 'kill';
  screen.note(
    isKill ? 'Killing the job.' : `Stopping the job (SIG${of.signal}). Interrupt again to kill it.`,
  );
  requestSignal(job, volume, isKill ? 'KILL' : of.signal);
}

/** Leaves a signal request for the wrapper of `main`. */
function requestSignal({ screen }: Pick<LaunchedJob, 'screen'>, volume: Volume, name: string): void {
  try {
    volume.publish('ctr/main/signal', String(signalNumber(name)), 0o666);
  } catch (error) {
    screen.note(`emissary: Cannot signal the job: ${messageOf(error)}`, 'warning');
  }
}
