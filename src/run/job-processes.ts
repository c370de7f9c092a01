import { log } from '../base/log.ts';
import { signalName } from '../base/signal-names.ts';
import { stateOf } from '../kernel/descendants.ts';
import { groupOf, sendSignal } from '../kernel/signals.ts';
import type { Reaper } from './reaper.ts';
import type { Target } from './stop/stop-controller.ts';

/** CONT, STOP, TSTP, TTIN, TTOU: they concern a process's being stopped, which must not be undone. */
const jobControl: ReadonlySet<number> = new Set([18, 19, 20, 21, 22]);
const continueSignal = 18;
const notPermitted = 1;

/** The processes of one attempt, as far as signals reach them: its first one, and the group that it was started in. */
export class JobProcesses implements Target {
  readonly #pid: number;
  readonly #reaper: Reaper;
  readonly #beyondReach = Promise.withResolvers<void>();
  #said = false;

  /** @param pid the first process, which led its group when it was started */
  constructor(pid: number, reaper: Reaper) {
    this.#pid = pid;
    this.#reaper = reaper;
  }

  /** Resolves when KILL could not be sent to the first process: it will not end because of us. */
  get beyondReach(): Promise<void> {
    return this.#beyondReach.promise;
  }

  /** Sends one signal to the group, and to the first process where that has gone to another group: to each once. */
  send(signal: number): void {
    this.#deliver(signal);
    // A stopped process takes no signal but KILL before it goes on.
    if (!jobControl.has(signal) && stateOf(this.#pid) === 'T') this.#deliver(continueSignal);
    if (this.#isBeyondReach()) this.#sayOnce(signal);
  }

  /** KILLs the group and every descendant that has left it. */
  killAll(): void {
    this.#reaper.killAll(this.#pid);
    if (this.#isBeyondReach()) this.#beyondReach.resolve();
  }

  #deliver(signal: number): void {
    const group = groupOf(this.#pid);
    sendSignal(-this.#pid, signal);
    if (group !== this.#pid) sendSignal(this.#pid, signal);
  }

  /** A set-user-ID program, or one with capabilities, may have made itself another user's (kill(2), EPERM). */
  #isBeyondReach(): boolean {
    return sendSignal(this.#pid, 0) === notPermitted;
  }

  #sayOnce(signal: number): void {
    if (this.#said) return;
    this.#said = true;
    log(
      `cannot send ${signalName(signal)} to the job: its process ${this.#pid} has become another user's, as a set-user-ID program does; run the emissary as that user`,
    );
  }
}
