/** A reason why `npm start` cannot continue, for the user: one sentence, no stack trace. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
