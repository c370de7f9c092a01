/**
 * The one state machine of stopping, for the time-out, the request file, a signal to the emissary, and the end of the
 * containers that a sidecar serves.
 *
 * | state \ event | started | stop             | kill             | forward          | graceElapsed     | ended   |
 * |---------------|---------|------------------|------------------|------------------|------------------|---------|
 * | waiting       | running | over, cancel     | over, cancel     | waiting, –       | –                | –       |
 * | running       | –       | stopping, stop   | killing, kill    | running, forward | –                | waiting |
 * | stopping      | –       | stopping, stop   | killing, kill    | stopping, forward| killing, kill    | over    |
 * | killing       | –       | –                | killing, kill    | –                | –                | over    |
 * | over          | –       | over, cancel     | over, cancel     | –                | –                | –       |
 *
 * `waiting` is every time without a process: dependencies, a pause, between two attempts, after the last. `–` keeps the state and does
 * nothing. The grace runs from the first `stop`; a second one is passed on and does not prolong it.
 */
export type StopState = 'waiting' | 'running' | 'stopping' | 'killing' | 'over';

/** What can happen to a run. */
export type StopEvent = 'started' | 'stop' | 'kill' | 'forward' | 'graceElapsed' | 'ended';

/** What is to be done: send the stop signal, KILL everything, pass the signal on, or give the wait up. */
export type StopAction = 'none' | 'stop' | 'kill' | 'forward' | 'cancel';

/** A cell of the table. */
export interface StopStep {
  readonly state: StopState;
  readonly action: StopAction;
}

const table: Readonly<Record<StopState, Partial<Record<StopEvent, readonly [StopState, StopAction]>>>> = {
  waiting: { started: ['running', 'none'], stop: ['over', 'cancel'], kill: ['over', 'cancel'] },
  running: {
    stop: ['stopping', 'stop'],
    kill: ['killing', 'kill'],
    forward: ['running', 'forward'],
    ended: ['waiting', 'none'],
  },
  stopping: {
    stop: ['stopping', 'stop'],
    kill: ['killing', 'kill'],
    forward: ['stopping', 'forward'],
    graceElapsed: ['killing', 'kill'],
    ended: ['over', 'none'],
  },
  killing: { kill: ['killing', 'kill'], ended: ['over', 'none'] },
  over: { stop: ['over', 'cancel'], kill: ['over', 'cancel'] },
};

/** One step of the table. */
export function nextStep(state: StopState, event: StopEvent): StopStep {
  const [next, action] = table[state][event] ?? [state, 'none'];
  return { state: next, action };
}
