import { messageOf } from '../../base/fault.ts';
import { signalNumber } from '../../base/signal-names.ts';
import type { Volume } from '../../contract/volume.ts';
import type { Wish } from '../interrupts.ts';
import type { LaunchedJob } from './launched-job.ts';
import type { Reporter } from './reporter.ts';

/**
 * From now on, signals to the launcher are for the job: the first asks it to stop, the second kills it, the third leaves
 * at once.
 *
 * @returns resolves, to `'detached'`, when TERM is to end the launcher alone
 */
export function obeyInterrupts(job: LaunchedJob, volume: Volume, reporter: Reporter): Promise<'detached'> {
  const { screen, interrupts, settings } = job;
  return new Promise((resolve) => {
    interrupts.listen((wish, signal) => {
      if (settings.onTerm !== 'detach' || signal !== 'TERM')
        return obey(job, volume, reporter, { wish, signal });
      screen.note(`emissary: The job goes on; to follow it: multiflexi-emissary attach ${job.directory.key}`);
      resolve('detached');
    });
  });
}

function obey(
  job: LaunchedJob,
  volume: Volume,
  reporter: Reporter,
  { wish, signal }: { readonly wish: Wish; readonly signal: string },
): void {
  const over = volume.has('ctr/main/exitcode');
  if (wish === 'give up' || (over && wish === 'kill')) {
    job.screen.note('Exiting without the report.');
    reporter.kill();
    void job.engine.kill(job.container).catch(() => undefined);
  } else if (over) {
    job.screen.note('The job has exited; its report is being stored. Interrupt again to exit without it.');
  } else {
    ask(job, volume, wish === 'kill' ? 'KILL' : signal);
  }
}

function ask(job: LaunchedJob, volume: Volume, signal: string): void {
  const { screen } = job;
  screen.note(
    signal === 'KILL' ? 'Killing the job.' : `Stopping the job (SIG${signal}). Interrupt again to kill it.`,
  );
  requestSignal(job, volume, signal);
}

/** Leaves a signal request for the wrapper of `main`. */
function requestSignal({ screen }: Pick<LaunchedJob, 'screen'>, volume: Volume, name: string): void {
  try {
    volume.publish('ctr/main/signal', String(signalNumber(name)), 0o666);
  } catch (error) {
    screen.note(`emissary: Cannot signal the job: ${messageOf(error)}`);
  }
}
