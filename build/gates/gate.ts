/** A condition that the whole tree must meet. Gates run in the project's root directory. */
export interface Gate {
  readonly name: string;
  /** The condition, as a sentence. */
  readonly title: string;
  /** The violations, one text each; empty if there are none. */
  check(): Promise<readonly string[]>;
}
