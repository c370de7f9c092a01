import { lstatSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pid } from 'node:process';
import { Fault, sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { ContainerLayout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import type { Result } from '../contract/records.ts';
import { makeShared } from './container.ts';
import { Reserve } from './reserve.ts';

/** The end of a run on the volume: the result, and then, last of all, the seal. */
export class Seal {
  readonly #container: ContainerLayout;
  readonly #result: Reserve;
  readonly #exitCode: Reserve;

  /** @param container whose end it is */
  constructor(container: ContainerLayout) {
    this.#container = container;
    this.#result = new Reserve(container.result, [limits.sealReserveBytes, limits.smallSealReserveBytes]);
    this.#exitCode = new Reserve(container.exitCode, [limits.exitCodeBytes]);
  }

  /**
   * Takes room for both while there is some: a job that fills the volume is sealed all the same. Where the volume is
   * almost full already, less: a record with short words fits in there.
   * @throws the operating system's error
   */
  reserve(): void {
    this.#exitCode.take();
    this.#result.take();
  }

  /**
   * Publishes both, also where the job has removed the directory or put something else in their places.
   * @throws Fault `volume` when it cannot be written; then there is no seal, and nothing half-written
   */
  publish(result: Result): void {
    const { directory, result: resultPath, exitCode } = this.#container;
    try {
      makeShared(directory);
      this.#put(this.#result, resultPath, `${JSON.stringify(result)}\n`);
      this.#put(this.#exitCode, exitCode, String(result.exitCode));
    } catch (cause) {
      throw new Fault('volume', `Cannot seal ${directory}: ${sentenceOf(cause)}`, { cause });
    }
  }

  #put(reserve: Reserve, path: string, content: string): void {
    makeWay(path, this.#container.directory);
    const bytes = Buffer.from(content);
    if (reserve.publish(bytes)) return;
    reserve.free();
    publish(path, bytes);
  }
}

/** A file cannot be renamed over a directory, and a directory of the job's may be too large to be removed. */
function makeWay(path: string, directory: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  renameSync(path, join(directory, `.${basename(path)}.${pid}.${Date.now()}.aside`));
}
