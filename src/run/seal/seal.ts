import { displace } from '../../base/displace.ts';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { isNoRoom } from '../../base/no-room.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import { noOutputs, type Result } from '../../contract/records.ts';
import { restoreDirectory } from '../container.ts';
import { publishReserved } from './publish-reserved.ts';
import { Reserve } from './reserve.ts';
import { SpareRoom, type VolumeKind } from './spare-room.ts';

/** The end of a run on the volume: the result, and then, last of all, the seal. */
export class Seal {
  readonly #container: ContainerLayout;
  readonly #result: Reserve;
  readonly #exitCode: Reserve;
  /** For this end and for what is told before it. */
  readonly spare: SpareRoom;

  /** @param container whose end it is */
  constructor(container: ContainerLayout) {
    this.#container = container;
    this.#result = new Reserve(container.result);
    this.#exitCode = new Reserve(container.exitCode);
    this.spare = new SpareRoom(container);
  }

  /**
   * Takes room for both, before the job starts: one that fills the volume is sealed all the same.
   * @throws Fault `volume` when there is none: the end of such a job could not be told
   */
  reserve(): void {
    try {
      this.#exitCode.take(limits.exitCodeBytes);
      this.#result.take(limits.smallSealReserveBytes);
    } catch (cause) {
      const { name, directory } = this.#container;
      this.#exitCode.free();
      this.#result.free();
      throw new Fault(
        'volume',
        `Cannot run container ${name}: ${isNoRoom(cause) ? 'no room for' : 'cannot keep'} the record of its end in ${directory}: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  /** Takes room for a result with many words and outputs, if there is so much. @throws the operating system's error */
  reserveMore(): void {
    this.#result.grow(limits.sealReserveBytes);
  }

  /** Takes what else the end may need on a volume of this kind, once the job runs. Never throws. */
  reserveSpare(kind: VolumeKind): void {
    if (kind === 'copyOnWrite') for (const reserve of [this.#result, this.#exitCode]) reserve.unwrite();
    this.spare.take(kind);
  }

  /**
   * Publishes both, also where the job has removed the directory or put something else in their places.
   * @throws Fault `volume` when it cannot be written; then there is no seal, and nothing half-written
   */
  publish(result: Result): void {
    const { directory, exitCode } = this.#container;
    try {
      restoreDirectory(directory);
      this.#publishResult(result);
      const text = Buffer.from(String(result.exitCode));
      displace(exitCode);
      publishReserved(text, { path: exitCode, reserve: this.#exitCode, spare: this.spare, kept: 0 });
      this.#exitCode.free();
    } catch (cause) {
      throw new Fault('volume', `Cannot seal ${directory}: ${messageOf(cause)}`, { cause });
    } finally {
      this.spare.free();
    }
  }

  /** In the room that was taken; in more, if it takes more; and in short where there is no more. */
  #publishResult(result: Result): void {
    const path = this.#container.result;
    displace(path);
    const whole = textOf(result);
    const room = { path, reserve: this.#result, spare: this.spare, kept: 1 };
    try {
      publishReserved(whole, room);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      publishReserved(textOf(shortened(result)), room);
      log(
        `no room (${messageOf(error)}): ${path} has neither the command nor the outputs nor earlier attempts`,
      );
    }
    this.#result.free();
  }
}

function textOf(result: Result): Buffer {
  return Buffer.from(`${JSON.stringify(result)}\n`);
}

/** What fits into the least room that was taken, whatever the job's words and outputs. */
function shortened(result: Result): Result {
  return {
    ...result,
    command: [],
    attempts: result.attempts.slice(-1),
    message: result.message?.slice(0, limits.shortMessageCharacters) ?? null,
    outputs: noOutputs,
  };
}
