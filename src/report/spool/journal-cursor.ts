import type { Position } from '../../observe/output-position.ts';
import type { Checkpoint, Journal } from './journal.ts';
import type { OpenOutputs } from './open-outputs.ts';

/** The read position in the journal: after which checkpoint, before which row, in the output of which container. */
export class JournalCursor {
  readonly #journal: Journal;
  readonly #outputs: OpenOutputs;
  /** The last checkpoint before the read position. */
  #index = 0;
  #turn: string;
  /** Bytes that were read since the last checkpoint. */
  #bytes = 0;
  /** The number of the next row. */
  line = 1;

  /** @param turn the container that the first row comes from */
  constructor(journal: Journal, outputs: OpenOutputs, turn: string) {
    this.#journal = journal;
    this.#outputs = outputs;
    this.#turn = turn;
  }

  /** The container that the next row comes from. */
  get turn(): string {
    return this.#turn;
  }

  /** The next checkpoint; undefined after the last one. */
  get following(): Checkpoint | undefined {
    return this.#journal.checkpoints[this.#index + 1];
  }

  /** Returns to the last checkpoint at or before a row. */
  seek(line: number): void {
    const { checkpoints } = this.#journal;
    // While old rows are read again, a container is still at an old position.
    if (this.#index < checkpoints.length - 1) this.#outputs.reset(checkpoints);
    this.#index = Math.max(
      0,
      checkpoints.findLastIndex((checkpoint) => checkpoint.line <= line),
    );
    this.#moveTo(checkpoints[this.#index]);
  }

  /** Moves past the following checkpoint, whose row is the next one. */
  pass(following: Checkpoint): void {
    this.#index += 1;
    if (following.left !== null) this.#outputs.put(this.#turn, following.left);
    this.#moveTo(following);
  }

  /**
   * Replaces a checkpoint that the files do not lead to, and all that follow it, by one at this position. Only a log that
   * started anew is read from the checkpoint's own position.
   */
  skip({ turn, at }: Checkpoint): void {
    const left = this.#outputs.position(this.#turn);
    const replacement = this.#journal.replaceAfter(this.#index, (checkpoints) => {
      this.#outputs.reset(checkpoints);
      this.#outputs.put(this.#turn, left);
      const found = this.#outputs.position(turn);
      return { line: this.line, turn, at: at.timeline < found.timeline ? at : found, left };
    });
    this.#moveTo(replacement);
    this.#index += 1;
  }

  /** Adds a checkpoint if the next row comes from another container, or if the last checkpoint is far behind. */
  turnTo(name: string, at: Position): void {
    if (name !== this.#turn || this.#journal.isDue(this.line, this.#bytes)) this.addTurn(name, at);
  }

  /** Adds a checkpoint: the next row comes from this container. */
  addTurn(turn: string, at: Position): void {
    const left = this.#turn === turn ? at : this.#outputs.position(this.#turn);
    this.#append({ line: this.line, turn, at, left });
    this.#turn = turn;
  }

  /** Adds a checkpoint: the next rows end where they do only because no more output came in time. */
  addCut(rows: number): void {
    const at = this.#outputs.position(this.#turn);
    this.#append({ line: this.line + rows, turn: this.#turn, at, left: at, cut: true });
  }

  /** Counts bytes that were read since the last checkpoint. */
  countBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  #append(checkpoint: Checkpoint): void {
    this.#journal.append(checkpoint);
    this.#index = this.#journal.checkpoints.length - 1;
    this.#bytes = 0;
  }

  #moveTo(checkpoint: Checkpoint | undefined): void {
    if (checkpoint === undefined) return;
    this.#outputs.put(checkpoint.turn, checkpoint.at);
    this.#turn = checkpoint.turn;
    this.line = checkpoint.line;
    this.#bytes = 0;
  }
}
