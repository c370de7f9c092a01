import { after } from '../../../base/timer.ts';

/** A driver's callback. */
export type Answer = (error: unknown, result: unknown) => void;

/** Calls back once: with the answer, or with a failure if it does not arrive in time. */
export function onceWithin(ms: number, callback: Answer): Answer {
  let open = true;
  const finish: Answer = (error, result) => {
    timer.cancel();
    if (open) {
      open = false;
      callback(error, result);
    }
  };
  const timer = after(ms, () => finish(failure('ETIMEDOUT', `no answer within ${ms / 1000} s`), null));
  return finish;
}

/** The error of a lost connection. */
export function lostFailure(): Error {
  return failure('PROTOCOL_CONNECTION_LOST', 'the server closed the connection');
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code, fatal: true });
}
