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
