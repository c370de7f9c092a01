import { killSignal, signalName } from '../base/signal-names.ts';

/** How one attempt ended. A failing job is a value, never an exception. */
export type Outcome =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: number }
  /** It could not be killed and still runs: it belongs to another user, who alone may signal it. */
  | { readonly kind: 'leftRunning' }
  | { readonly kind: 'notStarted'; readonly code: 126 | 127; readonly reason: string };

/** The exit code for an outcome: the job's own, or 128+n for signal n, as in a shell. */
export function exitCodeOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'exited':
    case 'notStarted':
      return outcome.code;
    case 'signaled':
      return 128 + outcome.signal;
    // Readers take 137 for a killed job; the message gives the details.
    case 'leftRunning':
      return 128 + killSignal;
  }
}

/** The name of the signal that killed the job, or null. */
export function signalOf(outcome: Outcome): string | null {
  return outcome.kind === 'signaled' ? signalName(outcome.signal) : null;
}
