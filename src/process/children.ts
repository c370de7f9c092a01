import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import { killSignal, terminateSignal } from '../base/signal-names.ts';
import { pause } from '../base/timer.ts';
import type { Usage } from '../contract/records.ts';
import { descendants } from '../kernel/descendants.ts';
import { type Reaped, reapOne } from '../kernel/reap.ts';
import { sendSignal } from '../kernel/signals.ts';

/** Reaps every child, own or adopted, and knows which of them is the job. */
export class Children {
  readonly #awaited = new Map<number, (end: Reaped) => void>();
  #gone: (() => void) | null = null;
  #ending: Promise<void> | null = null;
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

  /** KILLs a job's group and every descendant that has left it. */
  killAll(group: number): void {
    sendSignal(-group, killSignal);
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
    for (const pid of descendants()) sendSignal(pid, terminateSignal);
    await pause(limits.leftoverGraceMs, gone.signal);
    // Rounds, not a time: while we stood still, nobody was KILLed.
    for (let left = limits.leftoverLastMs / limits.leftoverKillMs; left > 0; left -= 1) {
      this.reap();
      if (gone.signal.aborted) return;
      for (const pid of descendants()) sendSignal(pid, killSignal);
      await pause(limits.leftoverKillMs, gone.signal);
    }
    if (!gone.signal.aborted) say('the job has left a process that cannot be ended; it is not waited for');
  }

  #note(child: Reaped): void {
    this.#usage = {
      userSeconds: this.#usage.userSeconds + child.userSeconds,
      systemSeconds: this.#usage.systemSeconds + child.systemSeconds,
      maxRssBytes: Math.max(this.#usage.maxRssBytes, child.maxRssBytes),
    };
    const resolve = this.#awaited.get(child.pid);
    this.#awaited.delete(child.pid);
    resolve?.(child);
  }
}
