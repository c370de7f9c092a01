import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { killSignal, terminateSignal } from '../base/signal-names.ts';
import { pause } from '../base/timer.ts';
import type { Usage } from '../contract/records.ts';
import { descendants } from '../kernel/descendants.ts';
import { ownPeakBytes } from '../kernel/own-peak.ts';
import { type Reaped, reapOne } from '../kernel/reap.ts';
import { sendSignal } from '../kernel/signals.ts';

/** EPERM. */
const notPermitted = 1;

/** Reaps every child, spawned or adopted, and reports the end of the job's process. */
export class Reaper {
  readonly #awaited = new Map<number, (end: Reaped) => void>();
  #gone: (() => void) | null = null;
  #ending: Promise<void> | null = null;
  /** Bytes. The kernel counts our memory as every child's peak, since the child shares it until exec. */
  #ownPeak = 0;
  #usage: Usage = { userSeconds: 0, systemSeconds: 0, maxRssBytes: 0 };

  /** Resource usage of all reaped processes. */
  get usage(): Usage {
    return this.#usage;
  }

  /**
   * Resolves with `atOnce`'s result once the child is reaped. Must be called in the same tick as the spawn.
   * @param atOnce runs synchronously while the child is reaped; must not throw
   */
  ended<T>(pid: number, atOnce: (end: Reaped) => T): Promise<T> {
    this.#ownPeak = Math.max(this.#ownPeak, ownPeakBytes());
    return new Promise((resolve) => this.#awaited.set(pid, (end) => resolve(atOnce(end))));
  }

  /** Call on SIGCHLD, and before acting on the job: a process reaped by then exited by itself. */
  reap(): void {
    for (let child = reapOne(); ; child = reapOne()) {
      if (child === 'none') return;
      if (child === 'childless') return this.#gone?.();
      if (child.end.kind !== 'stopped') this.#record(child);
    }
  }

  /** Kills a job's first process, its group, and every descendant that has left the group. */
  killAll(first: number): void {
    sendSignal(-first, killSignal);
    sendSignal(first, killSignal);
    for (const pid of descendants()) sendSignal(pid, killSignal);
  }

  /**
   * Terminates the processes that a finished job left behind: TERM, a short grace, then KILL until none is left. Gives
   * up on processes that cannot be killed: another user's, or one blocked on a dead disk. Resolves at once when there
   * are none. A second call joins the first.
   */
  endLeftovers(): Promise<void> {
    this.#ending ??= this.#endAll().finally(() => {
      this.#ending = null;
    });
    return this.#ending;
  }

  async #endAll(): Promise<void> {
    const childless = new Promise<void>((resolve) => {
      this.#gone = resolve;
    });
    const gone = new AbortController();
    void childless.then(() => gone.abort());
    this.reap();
    await Promise.resolve();
    if (gone.signal.aborted) return;
    let takesSignals = signalDescendants(terminateSignal);
    if (takesSignals) await pause(limits.leftoverGraceMs, gone.signal);
    // Counts rounds, not time: while this process was frozen, no KILL was sent.
    for (let left = limits.leftoverMaxMs / limits.leftoverKillMs; takesSignals && left > 0; left -= 1) {
      this.reap();
      if (gone.signal.aborted) return;
      takesSignals = signalDescendants(killSignal);
      await pause(limits.leftoverKillMs, gone.signal);
    }
    if (!gone.signal.aborted) log('a process that the job left behind cannot be killed; not waiting for it');
  }

  #record(child: Reaped): void {
    this.#usage = {
      userSeconds: this.#usage.userSeconds + child.userSeconds,
      systemSeconds: this.#usage.systemSeconds + child.systemSeconds,
      maxRssBytes: this.#largest(child),
    };
    const resolve = this.#awaited.get(child.pid);
    this.#awaited.delete(child.pid);
    resolve?.(child);
  }

  /** The largest peak so far; null while unknown: a process smaller than ours reports our own peak. */
  #largest({ pid, maxRssBytes }: Reaped): number | null {
    const { maxRssBytes: former } = this.#usage;
    const known = Math.max(former ?? 0, maxRssBytes);
    if (known > this.#ownPeak + limits.peakErrorBytes) return known;
    return former === null || this.#awaited.has(pid) ? null : known;
  }
}

/** Signals all descendants. @returns false if every one of them belongs to another user and cannot be signalled */
function signalDescendants(signal: number): boolean {
  const errors = descendants().map((pid) => sendSignal(pid, signal));
  return errors.length === 0 || errors.some((error) => error !== notPermitted);
}
