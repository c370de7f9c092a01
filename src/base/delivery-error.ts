/** A failed delivery. The message is a sentence for the user and contains no secret. */
export class DeliveryError extends Error {
  /** A retry cannot help. */
  readonly permanent: boolean;
  /** Only this one value cannot be stored; the others can. */
  readonly isOfValue: boolean;
  /** How long the server asks us to wait before the next attempt, in ms. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    {
      permanent,
      isOfValue = false,
      retryAfterMs = null,
      cause,
    }: { permanent: boolean; isOfValue?: boolean; retryAfterMs?: number | null; cause?: unknown },
  ) {
    super(message, { cause });
    this.name = 'DeliveryError';
    this.permanent = permanent;
    this.isOfValue = isOfValue;
    this.retryAfterMs = retryAfterMs;
  }
}
