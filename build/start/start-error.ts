/** A reason why `npm start` cannot go on, for the person: one sentence, no trace. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
