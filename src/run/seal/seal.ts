import { displace } from '../../base/displace.ts';
import { isOutOfSpace } from '../../base/error-reason.ts';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import { noOutputs, type Result } from '../../contract/records.ts';
import { restoreDirectory } from '../open-container.ts';
import { publishReserved } from './publish-reserved.ts';
import { Reserve } from './reserve.ts';
import { SpareSpace, type VolumeKind } from './spare-space.ts';

/** Writes the end of a run to the volume: the result, then the exit code, which is the seal. */
export class Seal {
  readonly #container: ContainerLayout;
  readonly #result: Reserve;
  readonly #exitCode: Reserve;
  /** For this seal and for the end record before it. */
  readonly spare: SpareSpace;

  /** @param container the container to seal */
  constructor(container: ContainerLayout) {
    this.#container = container;
    this.#result = new Reserve(container.result);
    this.#exitCode = new Reserve(container.exitCode);
    this.spare = new SpareSpace(container);
  }

  /**
   * Reserves space for both before the job starts, so that a job that fills the volume can still be sealed.
   * @throws Fault `volume` if there is none: the job's end could not be recorded
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
        `Cannot run container ${name}: ${isOutOfSpace(cause) ? 'no space for' : 'cannot reserve'} its final record in ${directory}: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  /** Reserves space for a long command line and many outputs, if there is some. @throws the operating system's error */
  reserveMore(): void {
    this.#result.grow(limits.sealReserveBytes);
  }

  /** Reserves what else sealing may need on this kind of volume. Call once the job runs. Never throws. */
  reserveSpare(kind: VolumeKind): void {
    if (kind === 'copyOnWrite') for (const reserve of [this.#result, this.#exitCode]) reserve.unwrite();
    this.spare.take(kind);
  }

  /**
   * Publishes both, even if the job has removed the directory or replaced the files.
   * @throws Fault `volume` if they cannot be written; then there is neither a seal nor a partial file
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

  /** Publishes the result in its reserve, else in free space, else shortened. */
  #publishResult(result: Result): void {
    const path = this.#container.result;
    displace(path);
    const whole = textOf(result);
    const room = { path, reserve: this.#result, spare: this.spare, kept: 1 };
    try {
      publishReserved(whole, room);
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      publishReserved(textOf(shortened(result)), room);
      log(
        `the volume is full (${messageOf(error)}): ${path} omits the command, the outputs and earlier attempts`,
      );
    }
    this.#result.free();
  }
}

function textOf(result: Result): Buffer {
  return Buffer.from(`${JSON.stringify(result)}\n`);
}

/** A result that fits into the smallest reserve, whatever the job's arguments and outputs. */
function shortened(result: Result): Result {
  return {
    ...result,
    command: [],
    attempts: result.attempts.slice(-1),
    message: result.message?.slice(0, limits.shortMessageCharacters) ?? null,
    outputs: noOutputs,
  };
}
