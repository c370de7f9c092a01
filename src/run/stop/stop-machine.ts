/**
 * The state machine for stopping a run, whether by timeout, signal request, a signal to the emissary, or, for a user
 * sidecar, the end of the main containers.
 *
 * | state \ event | started | stop             | kill             | forward          | graceElapsed     | ended   |
 * |---------------|---------|------------------|------------------|------------------|------------------|---------|
 * | waiting       | running | over, cancel     | over, cancel     | waiting, –       | –                | –       |
 * | running       | –       | stopping, stop   | killing, kill    | running, forward | –                | waiting |
 * | stopping      | –       | stopping, stop   | killing, kill    | stopping, forward| killing, kill    | over    |
 * | killing       | –       | –                | killing, kill    | –                | –                | over    |
 * | over          | –       | over, cancel     | over, cancel     | –                | –                | –       |
 *
 * `waiting` means that no process runs: during dependencies, a pause, between attempts, after the last one. `–` keeps
 * the state and does nothing. The grace runs from the first `stop`; a second one is forwarded and does not prolong it.
 */
export type StopState = 'waiting' | 'running' | 'stopping' | 'killing' | 'over';

/** What can happen to a run. */
export type StopEvent = 'started' | 'stop' | 'kill' | 'forward' | 'graceElapsed' | 'ended';

/** What to do: send the stop signal, kill everything, forward the signal, or cancel the wait. */
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
