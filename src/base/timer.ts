import { limits } from './limits.ts';

/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

/** The longest delay that Node's timers take; a longer one would fire at once. */
const longestMs = 2 ** 31 - 1;

/** Calls back once after `ms`, of any length. Keeps the process alive. */
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
 * Calls back once after `ms` in which this process has run. Time in which it was stopped (SIGSTOP, a frozen cgroup) does not
 * count, but for one step: whoever could not look must not judge.
 */
export function afterRunning(ms: number, callBack: () => void): Timer {
  const step = Math.min(
    Math.max(ms * limits.timerStepShare, limits.timerLeastStepMs),
    limits.timerLastStepMs,
  );
  let timer: Timer;
  const wait = (left: number): void => {
    const part = Math.min(left, step);
    const begun = performance.now();
    timer = after(part, () => {
      const passed = performance.now() - begun;
      const stoodStill = passed > part + limits.standstillMs;
      const rest = left - (stoodStill ? part : Math.max(part, passed));
      if (rest > 0) wait(rest);
      else callBack();
    });
  };
  wait(ms);
  return { cancel: () => timer.cancel() };
}

/** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
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
 * Resolves when timers, signals and other events have had their turn. Work that only ever waits for what is done
 * already (SQLite, files) would hold them up for as long as it lasts.
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
