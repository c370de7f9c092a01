/** A delivery that failed. The message is a sentence for a person and holds no secret. */
export class DeliveryError extends Error {
  /** Trying again cannot help. */
  readonly permanent: boolean;
  /** Only this one value cannot be stored. */
  readonly isOfValue: boolean;
  /** How long the other side asks to be left alone, in ms. */
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
