/** Who writes the job's row: begin, end and exit code. */
export type Owner = 'rest' | 'database' | 'nobody';

/**
 * The decision who writes the row. If both a REST server and a database are configured, it is made once the server has
 * stored the row's end, or cannot.
 */
export class RowOwner {
  #owner: Owner | null;
  #resolve: (owner: Owner) => void = () => undefined;
  readonly #decided: Promise<Owner>;

  /** @param owner null if it is not known yet */
  constructor(owner: Owner | null) {
    this.#owner = owner;
    this.#decided = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (owner !== null) this.#resolve(owner);
  }

  /** Null if it is not decided yet. */
  get current(): Owner | null {
    return this.#owner;
  }

  /** Waits for the decision. */
  get decided(): Promise<Owner> {
    return this.#decided;
  }

  /** Decides; the first decision is final. */
  decide(owner: Owner): void {
    if (this.#owner !== null) return;
    this.#owner = owner;
    this.#resolve(owner);
  }
}
