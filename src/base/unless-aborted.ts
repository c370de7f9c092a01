/** The promise's value, or the signal's reason, whichever is first. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    // A signal may outlive thousands of promises.
    promise.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject);
  });
}
