import { limits } from '../../base/limits.ts';
import type { Volume } from '../../contract/volume.ts';
import { ContainerOutput } from '../../observe/container-output.ts';
import type { OutputLine } from '../../observe/line-packer.ts';
import { beginning, type Position } from '../../observe/output-position.ts';
import type { StreamBounds } from '../../observe/stream-bounds.ts';
import type { Checkpoint } from './journal.ts';

/**
 * The read position in the output of each container. Only the files of the containers read last are open, since a job may
 * have any number of containers.
 */
export class OpenOutputs {
  readonly #volume: Volume;
  readonly #count: number;
  readonly #bounds: StreamBounds;
  /** The positions of the closed outputs. */
  readonly #positions = new Map<string, Position>();
  /** The open outputs; the one that was read last comes last. */
  readonly #open = new Map<string, ContainerOutput>();

  /** @param count of the job's containers @param checkpoints their known positions */
  constructor(volume: Volume, count: number, checkpoints: readonly Checkpoint[], bounds: StreamBounds) {
    this.#volume = volume;
    this.#bounds = bounds;
    this.#count = count;
    this.reset(checkpoints);
  }

  /** Sets each container to the position that the last of these checkpoints gives it. */
  reset(checkpoints: readonly Checkpoint[]): void {
    this.close();
    let before: string | null = null;
    for (const { turn, at, left } of checkpoints) {
      if (before !== null && left !== null) this.#positions.set(before, left);
      this.#positions.set(turn, at);
      before = turn;
    }
  }

  position(name: string): Position {
    return this.#open.get(name)?.position ?? this.#positions.get(name) ?? beginning;
  }

  /** Sets the position to continue from. */
  put(name: string, position: Position): void {
    this.#shut(name);
    this.#positions.set(name, position);
  }

  of(name: string): ContainerOutput {
    const open = this.#open.get(name);
    const bound = (type: OutputLine['type']) => this.#bounds.of(name, type);
    const output = open ?? new ContainerOutput(this.#volume, name, this.position(name), this.#count, bound);
    this.#open.delete(name);
    this.#open.set(name, output);
    if (open === undefined) this.#shutSome(name);
    return output;
  }

  /** When the first line of an unfinished row arrived; null if there is no such line. */
  get pendingSince(): number | null {
    let first: number | null = null;
    for (const { pendingSince } of this.#open.values())
      if (pendingSince !== null && (first === null || pendingSince < first)) first = pendingSince;
    return first;
  }

  close(): void {
    for (const name of [...this.#open.keys()]) this.#shut(name);
  }

  /** Outputs with unfinished rows stay open: only they know how old those rows are. */
  #shutSome(but: string): void {
    if (this.#open.size <= limits.openContainers) return;
    for (const [name, output] of this.#open) {
      if (this.#open.size <= limits.openContainers / 2) return;
      if (output.pendingSince === null && name !== but) this.#shut(name);
    }
  }

  #shut(name: string): void {
    const output = this.#open.get(name);
    if (output === undefined) return;
    this.#positions.set(name, output.position);
    output.close();
    this.#open.delete(name);
  }
}
