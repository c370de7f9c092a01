import { sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import { killSignal, terminateSignal } from '../base/signal-names.ts';
import { after, type Timer } from '../base/timer.ts';
import type { FollowedJob } from './follow-job.ts';
import { hasEnded } from './job-watch.ts';
import type { Spool } from './spool.ts';
import type { StopReason, TimeBudget } from './time-budget.ts';

/** The spool's record of the budget; `status` shows it. */
export const budgetRecord = 'budget.json';
/** The spool's record that the job was asked to stop, and why: a new sidecar goes on with it. */
export const stopRecord = 'stop.json';

/** Stops a job when its time is over: the stop signal, then KILL, then it is given up. */
export class JobStop {
  readonly #job: FollowedJob;
  readonly #spool: Spool;
  #timers: readonly Timer[] = [];
  /** When the time for the report is over, ms of a monotonic clock: the other one may be set meanwhile. */
  #reportUntil = Number.POSITIVE_INFINITY;
  #stopped: StopReason | null = null;

  constructor(job: FollowedJob, spool: Spool) {
    this.#job = job;
    this.#spool = spool;
  }

  /** Ms for the report. A budget that is over, of an earlier sidecar, leaves a little all the same. */
  get reportMs(): number {
    const left = this.#reportUntil - performance.now();
    return left > 0 ? left : limits.leastBudgetMs;
  }

  /** Why the job was stopped, or null when it was not. */
  get reason(): StopReason | null {
    return this.#stopped;
  }

  /** Takes up what an earlier sidecar of this job had begun. @returns whether it had stopped the job */
  resume(): boolean {
    const record = this.#spool.readRecord(stopRecord) as Partial<TimeBudget> | null;
    const { reason, stopAt, killAt, gatherUntil, reportUntil } = record ?? {};
    if (reason !== 'timeout' && reason !== 'deadline' && reason !== 'signal') return false;
    const times = [stopAt, killAt, gatherUntil, reportUntil].map(Number);
    if (!times.every(Number.isSafeInteger)) return false;
    // The job was stopped then: where that is still to come, the clock was set back since.
    const ahead = Math.max(0, Number(stopAt) - Date.now());
    const [first = 0, second = 0, third = 0, last = 0] = times.map((time) => time - ahead);
    this.schedule({ reason, stopAt: first, killAt: second, gatherUntil: third, reportUntil: last });
    return true;
  }

  /** Sets the budget in force, in place of the one before. A job that was stopped already is not stopped again. */
  schedule(budget: TimeBudget): void {
    this.cancel();
    this.#reportUntil = performance.now() + budget.reportUntil - Date.now();
    this.#spool.writeRecord(budgetRecord, budget);
    const at = (time: number, act: () => void) => after(Math.max(0, time - Date.now()), act);
    this.#timers = [
      at(budget.stopAt, () => this.#stop(budget)),
      at(budget.stopAt + limits.neverStartedMs, () => void this.#giveUp('waiting')),
      at(budget.killAt, () => this.#ask(killSignal)),
      at(budget.gatherUntil, () => void this.#giveUp('all')),
    ];
  }

  cancel(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  #stop(budget: TimeBudget): void {
    if (this.#stopped !== null || this.#job.ended) return;
    this.#stopped = budget.reason;
    this.#spool.writeRecord(stopRecord, budget);
    say(stopSentence(budget.reason));
    this.#ask(terminateSignal);
  }

  /** Leaves a signal request for every container that has not ended, also for one that is yet to start. */
  #ask(signal: number): void {
    for (const [name, state] of this.#job.states) {
      if (hasEnded(state)) continue;
      try {
        this.#spool.publish(`ctr/${name}/signal`, String(signal), 0o666);
      } catch (error) {
        say(`Cannot ask container ${name} to stop: ${sentenceOf(error)}`);
      }
    }
  }

  async #giveUp(which: 'waiting' | 'all'): Promise<void> {
    // On a busy machine a timer may be quicker than the news of what happened long before.
    await this.#job.look();
    for (const [name, state] of this.#job.states) {
      if (which === 'waiting' && state.kind !== 'waiting') continue;
      const reason =
        state.kind === 'waiting'
          ? `Container ${name} was never started before the job was stopped`
          : `Container ${name} did not end when it was stopped, and left no exit code`;
      this.#job.watch.abandon(name, reason);
    }
    this.#job.poke();
  }
}

function stopSentence(reason: StopReason): string {
  switch (reason) {
    case 'timeout':
      return 'The timeout is over: the job is stopped';
    case 'deadline':
      return 'The deadline is near: the job is stopped, so that it can be reported';
    case 'signal':
      return 'The sidecar was asked to stop: the job is stopped first';
  }
}
