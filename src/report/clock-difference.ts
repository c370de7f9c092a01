/**
 * How far another machine's clock is ahead of ours, in ms, measured by one request and its response. A difference within
 * the round-trip time and the resolution of that clock is indistinguishable from none and counts as 0: most clocks agree,
 * and a job's times then stay exactly its own.
 *
 * @param asked our time before the request, ms since 1970
 * @param answered our time when the response arrived
 * @param theirs their time, as given in the response; NaN if it gives none
 * @param stepMs the resolution of their clock: 1000 for whole seconds
 */
export function clockDifference(asked: number, answered: number, theirs: number, stepMs: number): number {
  const difference = theirs + stepMs / 2 - (asked + answered) / 2;
  const doubtful = (answered - asked + stepMs) / 2;
  // Our clock was set back in between: nothing was measured.
  if (Number.isNaN(theirs) || answered < asked) return 0;
  return Math.abs(difference) <= doubtful ? 0 : Math.round(difference);
}
