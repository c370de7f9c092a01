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

/** Reaps every child, own or adopted, and knows which of them is the job. */
export class Reaper {
  readonly #awaited = new Map<number, (end: Reaped) => void>();
  #gone: (() => void) | null = null;
  #ending: Promise<void> | null = null;
  /** What the kernel counts for every child that we start, bytes: until its exec, it has our memory. */
  #ownPeak = 0;
  #usage: Usage = { userSeconds: 0, systemSeconds: 0, maxRssBytes: 0 };

  /** The resources of everything that was reaped. */
  get usage(): Usage {
    return this.#usage;
  }

  /**
   * Resolves with what is made of a child's end; must be called before the event loop goes on after its start.
   * @param atOnce makes it while the child is reaped, before anything else can happen; must not throw
   */
  ended<T>(pid: number, atOnce: (end: Reaped) => T): Promise<T> {
    this.#ownPeak = Math.max(this.#ownPeak, ownPeakBytes());
    return new Promise((resolve) => this.#awaited.set(pid, (end) => resolve(atOnce(end))));
  }

  /** To be called on SIGCHLD, and before anything is judged: what has ended by then has ended by itself. */
  reap(): void {
    for (let child = reapOne(); ; child = reapOne()) {
      if (child === 'none') return;
      if (child === 'childless') return this.#gone?.();
      if (child.end.kind !== 'stopped') this.#note(child);
    }
  }

  /** KILLs a job's first process, the group that it led, and every descendant that has left it. */
  killAll(first: number): void {
    sendSignal(-first, killSignal);
    sendSignal(first, killSignal);
    for (const pid of descendants()) sendSignal(pid, killSignal);
  }

  /**
   * Ends what a finished job has left behind: TERM, a little time, KILL until nobody is there, or for
   * so long that nothing helps: another user's process, or one that waits for a dead disk. Resolves at once when there is
   * nothing. A second call joins the first.
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
    // Rounds, not a time: while we stood still, nobody was KILLed.
    for (let left = limits.leftoverLastMs / limits.leftoverKillMs; takesSignals && left > 0; left -= 1) {
      this.reap();
      if (gone.signal.aborted) return;
      takesSignals = signalDescendants(killSignal);
      await pause(limits.leftoverKillMs, gone.signal);
    }
    if (!gone.signal.aborted) log('the job has left a process that cannot be ended; it is not waited for');
  }

  #note(child: Reaped): void {
    this.#usage = {
      userSeconds: this.#usage.userSeconds + child.userSeconds,
      systemSeconds: this.#usage.systemSeconds + child.systemSeconds,
      maxRssBytes: this.#largest(child),
    };
    const resolve = this.#awaited.get(child.pid);
    this.#awaited.delete(child.pid);
    resolve?.(child);
  }

  /** The largest process so far. One that was smaller than we were tells nothing, and nobody knows the largest then. */
  #largest({ pid, maxRssBytes }: Reaped): number | null {
    const { maxRssBytes: former } = this.#usage;
    const known = Math.max(former ?? 0, maxRssBytes);
    if (known > this.#ownPeak + limits.peakErrorBytes) return known;
    return former === null || this.#awaited.has(pid) ? null : known;
  }
}

/** Signals all that are left. @returns false where all of them are other users', and none takes a signal from us */
function signalDescendants(signal: number): boolean {
  const errors = descendants().map((pid) => sendSignal(pid, signal));
  return errors.length === 0 || errors.some((error) => error !== notPermitted);
}
