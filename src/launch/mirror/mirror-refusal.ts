/** Why a mirror does not take what a sender sent, or cannot: a clause. */
export class MirrorRefusal extends Error {
  override readonly name = 'MirrorRefusal';
  /** Whether another connection would fare no better. */
  readonly isFinal: boolean;

  constructor(reason: string, isFinal = false) {
    super(reason);
    this.isFinal = isFinal;
  }
}
