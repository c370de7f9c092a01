/** The job's processes, as a target of signals. */
export interface SignalTarget {
  /** Sends a signal to the job's whole process group. */
  send(signal: number): void;
  /** Kills the group and every descendant that has left it. */
  killAll(): void;
}
