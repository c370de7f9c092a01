import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { killSignal, terminateSignal } from '../base/signal-names.ts';
import { after, type Timer } from '../base/timer.ts';
import type { ContainerState } from '../observe/container-state.ts';
import type { StopReason } from '../observe/job-report.ts';
import type { Spool } from '../report/spool/spool.ts';
import type { FollowedJob } from './followed-job.ts';
import { hasEnded } from './job-watch.ts';
import { budgetRecord, readStop, stopRecord } from './stop-record.ts';
import { boundedBudget, type TimeBudget, type TimeSettings } from './time-budget.ts';
import { type Step, TimedSteps } from './timed-steps.ts';

/** Stops a job when its time is over: first the stop signal, then KILL; at last it is given up. */
export class JobStop {
  readonly #job: FollowedJob;
  readonly #spool: Spool;
  #steps: TimedSteps | null = null;
  /** Repeats requests that a job may have hidden from its wrapper. */
  #repeat: Timer | null = null;
  /** When the time for the report is over, ms of a monotonic clock: the wall clock may be set meanwhile. */
  #reportUntil = Number.POSITIVE_INFINITY;
  #stopped: StopReason | null = null;
  /** The signal that is due to every container that has not exited. */
  #due: number | null = null;
  /** The last signal that was requested of each container. */
  readonly #requested = new Map<string, number>();

  constructor(job: FollowedJob, spool: Spool) {
    this.#job = job;
    this.#spool = spool;
    job.onLook = () => this.#requestDue();
  }

  /** Ms for the report. Even an expired budget of an earlier reporter leaves a minimum. */
  get reportMs(): number {
    const left = this.#reportUntil - performance.now();
    return left > 0 ? left : limits.minBudgetMs;
  }

  /** Why the job was stopped; null if it was not. */
  get reason(): StopReason | null {
    return this.#stopped;
  }

  /** Continues the stop that an earlier reporter of this job began. @returns whether there was one */
  resume(settings: TimeSettings): boolean {
    const budget = readStop(this.#spool);
    if (budget === null) return false;
    const bounded = boundedBudget(budget, settings, Date.now());
    // The job's grace went on without a reporter. What follows it does not begin before KILL was requested.
    this.schedule(bounded, bounded.killAt);
    return true;
  }

  /**
   * Sets the budget, replacing the previous one. A job that was already stopped is not stopped again.
   * @param from the first step that must not be late: this process may have stood still since the budget was planned
   */
  schedule(budget: TimeBudget, from = budget.stopAt): void {
    this.cancel();
    this.#reportUntil = performance.now() + budget.reportUntil - Date.now();
    this.#spool.writeRecord(budgetRecord, budget);
    const { stopAt, killAt, saveUntil, gatherUntil } = budget;
    const steps: readonly Step[] = [
      [stopAt, () => this.#stop(budget)],
      [stopAt + limits.neverStartedMs, () => void this.#giveUp('waiting')],
      [killAt, () => this.#requestAll(killSignal)],
      [Math.min(killAt + limits.gatherMs, gatherUntil), () => void this.#giveUp('running')],
      [saveUntil, () => void this.#stopSaving(terminateSignal)],
      [gatherUntil, () => void this.#stopSaving(killSignal).then(() => this.#giveUp('saving'))],
    ];
    this.#steps = new TimedSteps(steps, from, (ms) => this.#shiftReport(budget.reason, ms));
  }

  cancel(): void {
    this.#steps?.cancel();
    this.#repeat?.cancel();
  }

  /** A timeout is for the job alone; the other limits are set from outside and do not shift. */
  #shiftReport(reason: StopReason, ms: number): void {
    if (reason === 'timeout') this.#reportUntil += ms;
  }

  #stop(budget: TimeBudget): void {
    if (this.#stopped !== null || this.#job.ended) return;
    this.#stopped = budget.reason;
    this.#spool.writeRecord(stopRecord, budget);
    log(stopSentence(budget.reason));
    this.#requestAll(terminateSignal);
  }

  #requestAll(signal: number): void {
    this.#due = signal;
    if (signal === killSignal) this.#killAgain();
    // On a busy machine a timer may fire before earlier file events arrive.
    void this.#job.look();
  }

  /** A job may remove a request before its wrapper sees it: KILL is requested until the container has exited. */
  #killAgain(): void {
    this.#repeat = after(limits.killRepeatMs, () => {
      for (const [name, { kind }] of this.#job.states) if (kind === 'running') this.#requested.delete(name);
      this.#requestDue();
      this.#killAgain();
    });
  }

  /**
   * Leaves a signal request for every container that is to get one, including those that have not started yet. A saving
   * container is left alone, but not a further attempt of it.
   */
  #requestDue(): void {
    for (const [name, state] of this.#job.states) {
      if (state.kind === 'sealed' && state.lives) this.#request(name, terminateSignal);
      if (this.#due === null || hasEnded(state) || state.kind === 'saving') continue;
      this.#request(name, this.#due);
    }
  }

  async #stopSaving(signal: number): Promise<void> {
    await this.#job.look();
    for (const [name, state] of this.#job.states) if (state.kind === 'saving') this.#request(name, signal);
  }

  #request(name: string, signal: number): void {
    if (this.#requested.get(name) === signal) return;
    this.#requested.set(name, signal);
    try {
      this.#spool.publish(`ctr/${name}/signal`, String(signal), 0o666);
    } catch (error) {
      log(`Cannot request a stop of container ${name}: ${messageOf(error)}`);
    }
  }

  /** @param until containers that have not passed this stage are given up */
  async #giveUp(until: 'waiting' | 'running' | 'saving'): Promise<void> {
    await this.#job.look();
    for (const [name, { kind }] of this.#job.states) {
      if (stages.indexOf(kind) > stages.indexOf(until)) continue;
      this.#job.watch.abandon(name, abandonSentence(name, kind));
    }
    this.#job.poke();
  }
}

const stages: readonly ContainerState['kind'][] = ['waiting', 'running', 'saving', 'sealed', 'lost'];

function abandonSentence(name: string, kind: ContainerState['kind']): string {
  if (kind === 'waiting') return `Container ${name} had not started when the job was stopped`;
  if (kind === 'saving')
    return `Container ${name} did not finish saving its outputs in time: some may be missing`;
  return `Container ${name} did not exit when it was stopped, and left no exit code`;
}

function stopSentence(reason: StopReason): string {
  switch (reason) {
    case 'timeout':
      return 'The timeout has expired: stopping the job';
    case 'deadline':
      return 'The deadline is near: stopping the job while there is time to report it';
    case 'signal':
      return 'Received a stop signal: stopping the job first';
  }
}
