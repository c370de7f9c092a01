import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync } from 'node:fs';
import { geteuid } from 'node:process';
import { isOutOfSpace } from '../base/error-reason.ts';
import { Fault, messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { writeWhole } from '../base/write-whole.ts';
import { isVolumeName } from '../contract/mirror/messages.ts';
import type { Volume } from '../contract/volume.ts';

const directory = 'hold';
const turnName = 'turn';
const takenName = 'taken';

/** The entries to watch of the directory of `hold` and `send`. */
export const holdNames = [turnName, takenName] as const;

/**
 * The directory on the volume where `hold` and the senders meet: the volume's name, whose turn it is to send, and
 * whether everything was taken. It is ours alone (0700), except where the job runs as the same user.
 */
export class HoldDirectory {
  readonly #volume: Volume;
  /** The absolute path. */
  readonly path: string;

  /** @throws Fault `volume` if it cannot be made */
  constructor(volume: Volume) {
    this.#volume = volume;
    this.path = `${volume.root}/${directory}`;
    try {
      volume.makeDirectory(directory, 0o700);
      // What a turn needs on a full volume is there from the beginning.
      for (const name of ['volume', turnName]) if (this.#read(name) === null) this.#write(name, randomUUID());
    } catch (cause) {
      throw new Fault('volume', `Cannot write to "${this.path}": ${messageOf(cause)}`, { cause });
    }
  }

  /** The random name of this volume. @throws Fault `volume` */
  get volumeName(): string {
    const name = this.#read('volume');
    if (isVolumeName(name)) return name;
    throw new Fault('volume', `Cannot read "${this.path}/volume": it was not written by this program`);
  }

  /** Ends the turn of every other sender. @returns a function that tells whether ours lasts */
  takeTurn(): () => boolean {
    const token = randomUUID();
    try {
      this.#write(turnName, token);
    } catch (error) {
      // The job has filled the volume; whoever reads a mixture of two turns has neither.
      if (!isOutOfSpace(error) || !this.#overwrite(turnName, token)) throw error;
    }
    return () => this.#read(turnName) === token;
  }

  /** Whether the receiver has let the volume go. */
  get isTaken(): boolean {
    return this.#read(takenName) !== null;
  }

  markTaken(): void {
    this.#write(takenName, '');
  }

  /** The signal request that was forwarded last to a container; null if there was none. */
  lastRequest(container: string): string | null {
    return this.#read(`request.${container}`);
  }

  rememberRequest(container: string, request: string): void {
    this.#write(`request.${container}`, request);
  }

  /** Files of other users were not written by us. */
  #read(name: string): string | null {
    const found = this.#volume.read(`${directory}/${name}`, limits.signalRequestBytes * 2);
    return found.kind === 'read' && found.owner === geteuid?.() ? found.bytes.toString('latin1') : null;
  }

  /** For a text of the same length: it takes no space. @returns false if there is no file of ours */
  #overwrite(name: string, text: string): boolean {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK;
    const opened = this.#volume.openAny(`${directory}/${name}`, flags);
    if ('kind' in opened) return false;
    try {
      const found = fstatSync(opened.descriptor);
      if (!found.isFile() || found.uid !== geteuid?.() || found.nlink !== 1) return false;
      writeWhole(opened.descriptor, Buffer.from(text), 0);
      return true;
    } finally {
      closeSync(opened.descriptor);
    }
  }

  #write(name: string, text: string): void {
    this.#volume.publish(`${directory}/${name}`, text, 0o600);
  }
}
