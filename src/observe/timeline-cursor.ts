import { closeSync, readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import type { Position } from './output-position.ts';
import { type Piece, TimelineReader } from './timeline-reader.ts';

/** The position in a container's timeline: which piece of output comes next, and how much of it was taken. */
export class TimelineCursor {
  readonly #volume: Volume;
  readonly #path: string;
  readonly #onOpen: () => void;
  #file: number | null = null;
  #reader: TimelineReader | null = null;
  #piece: Piece | null = null;
  /** Offset in the timeline of the current piece. */
  #offset: number;
  /** Bytes of the current piece that were taken. */
  #taken: number;

  /** @param onOpen called when the file was opened */
  constructor(
    volume: Volume,
    path: string,
    { timeline, taken }: Pick<Position, 'timeline' | 'taken'>,
    onOpen: () => void,
  ) {
    this.#volume = volume;
    this.#path = path;
    this.#offset = timeline;
    this.#taken = taken;
    this.#onOpen = onOpen;
  }

  get position(): Pick<Position, 'timeline' | 'taken'> {
    return { timeline: this.#offset, taken: this.#taken };
  }

  /** The first line of the file without its newline; empty if there is none yet, null if there is no file. */
  get firstLine(): string | null {
    this.#reader ??= this.#open();
    if (this.#file === null) return null;
    const head = Buffer.alloc(limits.timelineLineBytes);
    const text = head.toString('latin1', 0, readSync(this.#file, head, 0, head.length, 0));
    return text.slice(0, Math.max(0, text.indexOf('\n')));
  }

  /** The piece whose bytes come next, or null if there is none yet. */
  get piece(): Piece | null {
    if (this.#piece !== null) return this.#piece;
    this.#reader ??= this.#open();
    const piece = this.#reader?.next() ?? null;
    // After garbage the order of arrival is unknown; the rest of the streams is read once the container has exited.
    this.#piece = piece === 'garbage' ? null : piece;
    return this.#piece;
  }

  /** Bytes of this piece that may be taken until a position. */
  leftOf(piece: Piece, until: Position | null): number {
    const left = piece.bytes - this.#taken;
    return until !== null && this.#offset === until.timeline
      ? Math.min(left, until.taken - this.#taken)
      : left;
  }

  isAt(until: Position | null): boolean {
    return until !== null && this.#offset >= until.timeline && this.#taken >= until.taken;
  }

  /** Takes bytes of this piece, and moves on to the next one when it is used up. */
  take(piece: Piece, bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < piece.bytes) return;
    this.#offset = piece.next;
    this.#taken = 0;
    this.#piece = null;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#reader = null;
  }

  #open(): TimelineReader | null {
    const opened = this.#volume.openFile(this.#path);
    if ('kind' in opened) return null;
    this.#file = opened.descriptor;
    this.#onOpen();
    return new TimelineReader(opened.descriptor, this.#offset);
  }
}
