import { log } from '../base/log.ts';
import { signalName } from '../base/signal-names.ts';
import { stateOf } from '../kernel/descendants.ts';
import { groupOf, sendSignal } from '../kernel/signals.ts';
import type { Reaper } from './reaper.ts';
import type { SignalTarget } from './stop/signal-target.ts';

/** CONT, STOP, TSTP, TTIN, TTOU: job control signals, after which a stopped process must not be continued. */
const jobControl: ReadonlySet<number> = new Set([18, 19, 20, 21, 22]);
const continueSignal = 18;
const notPermitted = 1;

/** The processes of one attempt that signals are sent to: the first process and its original process group. */
export class JobProcesses implements SignalTarget {
  readonly #pid: number;
  readonly #reaper: Reaper;
  readonly #unkillable = Promise.withResolvers<void>();
  #hasWarned = false;

  /** @param pid the first process, leader of its process group when started */
  constructor(pid: number, reaper: Reaper) {
    this.#pid = pid;
    this.#reaper = reaper;
  }

  /** Resolves when the first process could not be killed: nothing we do will make it exit. */
  get unkillable(): Promise<void> {
    return this.#unkillable.promise;
  }

  /** Makes the first signal as quick as the next: functions of libc are bound on their first use. */
  prepare(): void {
    groupOf(this.#pid);
    sendSignal(this.#pid, 0);
    this.#reaper.reap();
  }

  /** Sends a signal to the group, and to the first process if it has left the group; each gets it once. */
  send(signal: number): void {
    this.#deliver(signal);
    // A stopped process handles no signal but KILL until it is continued.
    if (!jobControl.has(signal) && stateOf(this.#pid) === 'T') this.#deliver(continueSignal);
    if (this.#isUnsignallable()) this.#warnOnce(signal);
  }

  /** Kills the group and every descendant that has left it. */
  killAll(): void {
    this.#reaper.killAll(this.#pid);
    if (this.#isUnsignallable()) this.#unkillable.resolve();
  }

  #deliver(signal: number): void {
    const group = groupOf(this.#pid);
    sendSignal(-this.#pid, signal);
    if (group !== this.#pid) sendSignal(this.#pid, signal);
  }

  /** A set-user-ID program, or one with capabilities, may have changed its user (kill(2), EPERM). */
  #isUnsignallable(): boolean {
    return sendSignal(this.#pid, 0) === notPermitted;
  }

  #warnOnce(signal: number): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    log(
      `cannot send ${signalName(signal)} to the job: its process ${this.#pid} now runs as another user, as a set-user-ID program does; run the emissary as that user`,
    );
  }
}
