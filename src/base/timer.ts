import { limits } from './limits.ts';

/** A timer that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/** The longest delay that Node's timers accept; a longer one would fire at once. */
const longestMs = 2 ** 31 - 1;

/** Calls back once after `ms`, however long. Keeps the process alive. */
export function after(ms: number, callBack: () => void): Timer {
  let timer: NodeJS.Timeout;
  const wait = (left: number): void => {
    timer = setTimeout(
      () => (left > longestMs ? wait(left - longestMs) : callBack()),
      Math.min(left, longestMs),
    );
  };
  wait(ms);
  return { cancel: () => clearTimeout(timer) };
}

/**
 * Calls back once after `ms` of running time. Time in which this process was stopped (SIGSTOP, a frozen cgroup) does
 * not count, except for one step: a process that could not look must not conclude anything.
 */
export function afterRunning(ms: number, callBack: () => void): Timer {
  const step = Math.min(Math.max(ms * limits.timerStepShare, limits.timerMinStepMs), limits.timerMaxStepMs);
  let timer: Timer;
  const wait = (left: number): void => {
    const part = Math.min(left, step);
    const startedAt = performance.now();
    timer = after(part, () => {
      const passed = performance.now() - startedAt;
      const wasStopped = passed > part + limits.standstillMs;
      const remaining = left - (wasStopped ? part : Math.max(part, passed));
      if (remaining > 0) wait(remaining);
      else callBack();
    });
  };
  wait(ms);
  return { cancel: () => timer.cancel() };
}

/** Resolves after `ms`, or when the signal is aborted. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = after(ms, done);
    function done(): void {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}

/**
 * Resolves after pending timers, signals and other events have run. A loop that awaits only finished work (SQLite,
 * files) would otherwise block them for as long as it lasts.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Resolves after `ms`. */
export function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => {
    after(ms, resolve);
  });
}
