import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { errnoOf, Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { writeWhole } from '../../base/write-whole.ts';
import { publish } from '../../contract/publish.ts';
import { lockFile } from '../../kernel/lock.ts';
import { type LaunchRecord, readRecord } from './launch-record.ts';

/** The directory of one launched job below the state directory; `src/launch/README.md` lists its files. */
export class LaunchDirectory {
  readonly key: string;
  readonly path: string;
  readonly #state: string;
  #lock: number | null = null;

  constructor(state: string, key: string) {
    this.key = key;
    this.#state = state;
    this.path = join(state, 'jobs', key);
  }

  get volume(): string {
    return join(this.path, 'volume');
  }

  /** What a volume that is elsewhere gets at its beginning. */
  get staging(): string {
    return join(this.path, 'staging');
  }

  get spool(): string {
    return join(this.path, 'spool');
  }

  /** The job's template, as it was before the job could change it. */
  get template(): string {
    return join(this.path, 'template');
  }

  get secrets(): string {
    return join(this.path, 'secrets');
  }

  get recordFile(): string {
    return join(this.path, 'launch.json');
  }

  /**
   * Makes the directory, and locks it for the life of this process.
   *
   * @returns false if another launcher has it
   * @throws Fault `volume`
   */
  claim(): boolean {
    try {
      return this.#claim();
    } catch (cause) {
      // A full disk may leave a directory of which nobody would know what it is for.
      if (this.#lock !== null && this.read() === null) this.remove();
      throw new Fault('volume', `Cannot use the state directory ${this.path}: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /** Whether a launcher follows the job. */
  get isFollowed(): boolean {
    const file = openOrNull(join(this.path, 'lock'));
    if (file === null) return false;
    const held = lockFile(file);
    closeSync(file);
    return held === 'taken';
  }

  /** Null if nothing was launched here, or the launcher died before it wrote it. */
  read(): LaunchRecord | null {
    return readRecord(this.recordFile);
  }

  write(record: LaunchRecord): void {
    const text = `${JSON.stringify(record)}\n`;
    // What asks about the job when its directory is gone.
    if (record.stage === 'ended') this.#remember(text);
    publish(this.recordFile, text, 0o600);
  }

  /** The process that follows the job, or null. */
  get launcher(): number | null {
    try {
      const pid = Number(readFileSync(join(this.path, 'lock'), 'latin1'));
      return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
    } catch {
      return null;
    }
  }

  /**
   * Removes everything; the record last, since whoever finds a job without one may run it again.
   *
   * @throws the operating system's error: files of other users may remain
   */
  remove(): void {
    const removal = { recursive: true, force: true, maxRetries: 3 };
    const names = existsSync(this.path) ? readdirSync(this.path) : [];
    for (const name of names)
      if (name !== 'launch.json' && name !== 'lock') rmSync(join(this.path, name), removal);
    rmSync(this.recordFile, { force: true });
    rmSync(this.path, removal);
    this.release();
  }

  release(): void {
    if (this.#lock !== null) closeSync(this.#lock);
    this.#lock = null;
  }

  #remember(text: string): void {
    const directory = join(this.#state, 'ended');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    publish(join(directory, `${this.key}.json`), text, 0o600);
    const names = readdirSync(directory);
    if (names.length <= limits.rememberedLaunches) return;
    const times = names.map((name) => [statSync(join(directory, name)).mtimeMs, name] as const);
    for (const [, name] of times.sort(([one], [other]) => one - other).slice(0, limits.forgottenLaunches))
      rmSync(join(directory, name), { force: true });
  }

  #claim(): boolean {
    for (let tries = 0; ; ) {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      const lock = join(this.path, 'lock');
      const file = openOrNull(lock, constants.O_RDWR | constants.O_CREAT);
      // The launcher before us is just removing the directory.
      if (file === null) continue;
      const held = lockFile(file);
      if (held !== 'taken' && isStill(lock, file)) {
        this.#lock = file;
        ftruncateSync(file);
        writeWhole(file, Buffer.from(`${pid}\n`), 0);
        return true;
      }
      closeSync(file);
      if (held !== 'taken') continue;
      // It may be somebody who only looks whether it is locked.
      tries += 1;
      if (tries === limits.lockTries) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, limits.lockRetryMs);
    }
  }
}

/** Whether the file that was locked is the one that others find there. */
function isStill(path: string, file: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.ino === fstatSync(file).ino;
}

function openOrNull(path: string, flags: number = constants.O_RDONLY): number | null {
  try {
    return openSync(path, flags | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
