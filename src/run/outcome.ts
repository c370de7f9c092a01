import { killSignal, signalName } from '../base/signal-names.ts';

/** How one start of the job's command ended. A failing job is a value, never an exception. */
export type Outcome =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: number }
  /** It was to be killed, and runs on: it is another user's, who alone may signal it. */
  | { readonly kind: 'leftRunning' }
  | { readonly kind: 'notStarted'; readonly code: 126 | 127; readonly reason: string };

/** The exit status that stands for an outcome: the job's code, or 128+n for signal n (as a shell says it). */
export function exitCodeOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'exited':
    case 'notStarted':
      return outcome.code;
    case 'signaled':
      return 128 + outcome.signal;
    // As everybody reads it: the job was killed. What is known beyond that is said in the message.
    case 'leftRunning':
      return 128 + killSignal;
  }
}

/** The name of the signal that ended the job, or null. */
export function signalOf(outcome: Outcome): string | null {
  return outcome.kind === 'signaled' ? signalName(outcome.signal) : null;
}
