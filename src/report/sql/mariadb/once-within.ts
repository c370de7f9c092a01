import { after } from '../../../base/timer.ts';

/** How a driver answers. */
export type Answer = (error: unknown, result: unknown) => void;

/** Calls back once: with the answer, or with a failure when it does not come. */
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

/** What is to be said of a connection that is gone. */
export function lostFailure(): Error {
  return failure('PROTOCOL_CONNECTION_LOST', 'the server closed the connection');
}

function failure(code: string, args: string): Error {
  return Object.assign(new Error(args), { code, fatal: true });
}
