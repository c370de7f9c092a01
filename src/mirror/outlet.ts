import { writev } from 'node:fs';
import { errnoOf, Fault, messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { pauseFor } from '../base/timer.ts';
import type { FrameParts } from '../contract/mirror/frame.ts';
import { FrameEncoder, type FrameEncoding } from '../contract/mirror/frame-stream.ts';

/**
 * Writes frames to a descriptor. Small ones are gathered. No more is on its way than the receiver can acknowledge: memory
 * stays constant, however slow the link is.
 */
export class Outlet {
  readonly #file: number;
  readonly #encoder: FrameEncoder;
  #batch: Buffer[] = [];
  #batched = 0;
  #sent = 0;
  #acknowledged = 0;
  #continue: (() => void) | null = null;

  constructor(file: number, encoding: FrameEncoding) {
    this.#file = file;
    this.#encoder = new FrameEncoder(encoding, 'sender');
  }

  /** Whether anything was sent since the last call. */
  tookAnything(): boolean {
    const took = this.#sent !== this.#seen;
    this.#seen = this.#sent;
    return took;
  }
  #seen = 0;

  /** Resolves when the frame's bytes may be overwritten. @throws Fault `delivery` if nobody reads */
  async send(parts: FrameParts): Promise<void> {
    if (this.#isFull) await this.#room();
    const { pieces, size } = this.#encoder.encode(parts);
    this.#sent += size;
    this.#batched += size;
    const isSmall = size < limits.smallReadBytes;
    this.#batch.push(...(isSmall ? [Buffer.concat(pieces)] : pieces));
    if (!isSmall || this.#batched >= limits.mirrorBatchBytes) await this.flush();
  }

  /** Writes what was gathered. */
  async flush(): Promise<void> {
    const pieces = this.#batch;
    this.#batch = [];
    this.#batched = 0;
    await writeAll(this.#file, pieces);
  }

  /** @param total of all frames so far, as the receiver counts them */
  acknowledge(total: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(total, this.#sent));
    if (!this.#isFull) this.#continue?.();
  }

  get #isFull(): boolean {
    return this.#sent - this.#acknowledged > limits.mirrorWindowBytes;
  }

  async #room(): Promise<void> {
    await this.flush();
    if (!this.#isFull) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#continue = resolve;
    await promise;
    this.#continue = null;
  }
}

async function writeAll(file: number, pieces: readonly Buffer[]): Promise<void> {
  let rest = pieces.filter((piece) => piece.length > 0);
  while (rest.length > 0) {
    const count = await writeSome(file, rest.slice(0, limits.writtenPieces));
    if (count === 0) await pauseFor(limits.writeRetryMs);
    rest = after(rest, count);
  }
}

/** @returns 0 if the descriptor does not block and is full */
function writeSome(file: number, pieces: readonly Buffer[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(file, pieces, (error, count) => {
      if (error === null) resolve(count);
      else if (errnoOf(error) === 'EAGAIN') resolve(0);
      else
        reject(new Fault('delivery', `Cannot write to the receiver: ${messageOf(error)}`, { cause: error }));
    });
  });
}

function after(pieces: readonly Buffer[], count: number): Buffer[] {
  let left = count;
  let index = 0;
  for (; index < pieces.length; index += 1) {
    const length = pieces[index]?.length ?? 0;
    if (length > left) break;
    left -= length;
  }
  const [first, ...others] = pieces.slice(index);
  return first === undefined ? [] : [first.subarray(left), ...others];
}
