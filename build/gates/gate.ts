/** One thing that must hold of the whole tree. Gates run in the tree's top directory. */
export interface Gate {
  readonly name: string;
  /** What holds, as a sentence. */
  readonly title: string;
  /** What was found that breaks it, one text each; empty when all is well. */
  check(): Promise<readonly string[]>;
}
