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
import { boundedBudget, type TimeBudget, type TimeSettings } from './time-budget.ts';

/** The spool's record of the budget; `status` shows it. */
export const budgetRecord = 'budget.json';
/** The spool's record that the job was asked to stop, and why: a new sidecar goes on with it. */
export const stopRecord = 'stop.json';

/** What is done at a time, ms since 1970. */
type Step = readonly [time: number, act: () => void];

/** By how much steps are late, in ms, and who is told. */
interface Lateness {
  readonly late: (ms: number) => void;
  readonly shiftMs: number;
}

/** Stops a job when its time is over: the stop signal, then KILL, then it is given up. */
export class JobStop {
  readonly #job: FollowedJob;
  readonly #spool: Spool;
  #next: Timer | null = null;
  /** Repeats what a job may have kept from its wrapper. */
  #repeat: Timer | null = null;
  /** When the time for the report is over, ms of a monotonic clock: the other one may be set meanwhile. */
  #reportUntil = Number.POSITIVE_INFINITY;
  #stopped: StopReason | null = null;
  /** The signal that is due to every container that has not ended. */
  #due: number | null = null;
  /** The last one that each was asked for. */
  readonly #asked = new Map<string, number>();

  constructor(job: FollowedJob, spool: Spool) {
    this.#job = job;
    this.#spool = spool;
    job.onLook = () => this.#askDue();
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
  resume(settings: TimeSettings): boolean {
    const budget = readStop(this.#spool);
    if (budget === null) return false;
    this.schedule(boundedBudget(budget, settings, Date.now()));
    return true;
  }

  /** Sets the budget in force, in place of the one before. A job that was stopped already is not stopped again. */
  schedule(budget: TimeBudget): void {
    this.cancel();
    this.#reportUntil = performance.now() + budget.reportUntil - Date.now();
    this.#spool.writeRecord(budgetRecord, budget);
    const { stopAt, killAt, saveUntil, gatherUntil } = budget;
    const steps: readonly Step[] = [
      [stopAt, () => this.#stop(budget)],
      [stopAt + limits.neverStartedMs, () => void this.#giveUp('waiting')],
      [killAt, () => this.#insist(killSignal)],
      [Math.min(killAt + limits.gatherMs, gatherUntil), () => void this.#giveUp('running')],
      [saveUntil, () => void this.#stopSaving(terminateSignal)],
      [gatherUntil, () => void this.#stopSaving(killSignal).then(() => this.#giveUp('saving'))],
    ];
    this.#takeSteps(
      steps.toSorted(([one], [other]) => one - other),
      { late: (ms) => this.#shiftReport(budget.reason, ms), shiftMs: 0 },
    );
  }

  cancel(): void {
    this.#next?.cancel();
    this.#repeat?.cancel();
  }

  /**
   * Takes one step after the other, each at its time. Time during which we stood still (SIGSTOP, a frozen cgroup) is
   * nobody's: what follows a step that is late is late by as much.
   */
  #takeSteps([first, ...others]: readonly Step[], { late, shiftMs }: Lateness): void {
    if (first === undefined) return;
    const [time, act] = first;
    const waitMs = Math.max(0, time + shiftMs - Date.now());
    const due = performance.now() + waitMs;
    this.#next = after(waitMs, () => {
      const lateMs = performance.now() - due;
      const lostMs = lateMs > limits.standstillMs ? lateMs : 0;
      if (lostMs > 0) late(lostMs);
      this.#takeSteps(others, { late, shiftMs: shiftMs + lostMs });
      act();
    });
  }

  /** A timeout is the job's own; other ends are set from outside, and do not wait. */
  #shiftReport(reason: StopReason, ms: number): void {
    if (reason === 'timeout') this.#reportUntil += ms;
  }

  #stop(budget: TimeBudget): void {
    if (this.#stopped !== null || this.#job.ended) return;
    this.#stopped = budget.reason;
    this.#spool.writeRecord(stopRecord, budget);
    log(stopSentence(budget.reason));
    this.#insist(terminateSignal);
  }

  #insist(signal: number): void {
    this.#due = signal;
    if (signal === killSignal) this.#killAgain();
    // On a busy machine a timer may be quicker than the news of what happened long before.
    void this.#job.look();
  }

  /** A job may remove a request before its wrapper has seen it: KILL is asked for until it has ended. */
  #killAgain(): void {
    this.#repeat = after(limits.killAgainMs, () => {
      for (const [name, { kind }] of this.#job.states) if (kind === 'running') this.#asked.delete(name);
      this.#askDue();
      this.#killAgain();
    });
  }

  /**
   * Leaves a signal request for every container that is to get one, also for one that is yet to start. One that saves is
   * left alone; a further attempt of it is not.
   */
  #askDue(): void {
    for (const [name, state] of this.#job.states) {
      if (state.kind === 'sealed' && state.lives) this.#ask(name, terminateSignal);
      if (this.#due === null || hasEnded(state) || state.kind === 'saving') continue;
      this.#ask(name, this.#due);
    }
  }

  async #stopSaving(signal: number): Promise<void> {
    await this.#job.look();
    for (const [name, state] of this.#job.states) if (state.kind === 'saving') this.#ask(name, signal);
  }

  #ask(name: string, signal: number): void {
    if (this.#asked.get(name) === signal) return;
    this.#asked.set(name, signal);
    try {
      this.#spool.publish(`ctr/${name}/signal`, String(signal), 0o666);
    } catch (error) {
      log(`Cannot ask container ${name} to stop: ${messageOf(error)}`);
    }
  }

  /** @param until those that have come no further are given up */
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
  if (kind === 'waiting') return `Container ${name} was never started before the job was stopped`;
  if (kind === 'saving')
    return `Container ${name} had not saved what its job left when the time for it was over: outputs may be missing`;
  return `Container ${name} did not end when it was stopped, and left no exit code`;
}

/** The budget with which a sidecar has stopped the job, or null where none has. */
function readStop(spool: Spool): TimeBudget | null {
  const record = spool.readRecord(stopRecord) as Partial<TimeBudget> | null;
  const { reason, stopAt, killAt, gatherUntil, reportUntil } = record ?? {};
  if (reason !== 'timeout' && reason !== 'deadline' && reason !== 'signal') return null;
  const times = [stopAt, killAt, record?.saveUntil ?? gatherUntil, gatherUntil, reportUntil].map(Number);
  if (!times.every(Number.isSafeInteger)) return null;
  const [first = 0, second = 0, third = 0, fourth = 0, last = 0] = times;
  return { reason, stopAt: first, killAt: second, saveUntil: third, gatherUntil: fourth, reportUntil: last };
}

/** Why a sidecar has stopped the job, or null where none has. */
export function stopReasonOf(spool: Spool): StopReason | null {
  return readStop(spool)?.reason ?? null;
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
