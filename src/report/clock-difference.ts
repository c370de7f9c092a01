/**
 * How far another machine's clock is ahead of ours, in ms, from one question and its answer. What lies within the time
 * that the answer took, and the steps of that clock, cannot be told from none, and counts as none: most clocks agree,
 * and a job's times then stay exactly its own.
 *
 * @param asked our time before the question, ms since 1970
 * @param answered our time when the answer came
 * @param theirs their time, as the answer tells it; NaN: it does not
 * @param stepMs what their clock leaves out: 1000 where it tells whole seconds
 */
export function clockDifference(asked: number, answered: number, theirs: number, stepMs: number): number {
  const difference = theirs + stepMs / 2 - (asked + answered) / 2;
  const doubtful = (answered - asked + stepMs) / 2;
  // Ours was set back in between: then nothing was measured.
  if (Number.isNaN(theirs) || answered < asked) return 0;
  return Math.abs(difference) <= doubtful ? 0 : Math.round(difference);
}
