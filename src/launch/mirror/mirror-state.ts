import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf, Fault, messageOf } from '../../base/fault.ts';
import { isVolumeName } from '../../contract/mirror/messages.ts';
import { mirrorDirectory } from '../../contract/mirror/mirror-marker.ts';
import { publish } from '../../contract/publish.ts';
import { lockFile } from '../../kernel/lock.ts';

/** What a mirror's directory has of a volume; everything else there is not ours. */
const copies = ['ctr', 'outputs', 'template', 'progress'] as const;

/** The directory of a mirror: it is ours alone, and locked. What it is a mirror of is recorded below `.mirror/`. */
export class MirrorState {
  readonly root: string;
  readonly #own: string;
  readonly #lock: number;
  #volume: string | null;

  /** @throws Fault `volume` if it cannot be made, or has another receiver, or something that is no mirror */
  constructor(root: string) {
    this.root = root;
    this.#own = join(root, mirrorDirectory);
    try {
      mkdirSync(root, { recursive: true, mode: 0o700 });
      const before = readdirSync(root);
      if (!before.includes(mirrorDirectory) && before.some((name) => name !== 'report'))
        throw new Error('it has something in it that is not a mirror');
      chmodSync(root, 0o700);
      mkdirSync(this.#own, { recursive: true, mode: 0o700 });
      this.#lock = openSync(
        this.path('lock'),
        constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
        0o600,
      );
      if (lockFile(this.#lock) === 'taken') {
        closeSync(this.#lock);
        throw new Error('another process receives there');
      }
      this.#volume = this.#readVolume();
      this.#forgetBeforeReboot();
    } catch (cause) {
      throw new Fault('volume', `Cannot keep a mirror in "${root}": ${messageOf(cause)}`, { cause });
    }
  }

  /** A path of our own. */
  path(name: string): string {
    return join(this.#own, name);
  }

  /** The random name of the volume; null for a new mirror. */
  get volume(): string | null {
    return this.#volume;
  }

  /** Records which volume this is a mirror of. */
  become(volume: string): void {
    if (volume === this.#volume) return;
    publish(this.path('volume'), volume, 0o600);
    this.#volume = volume;
  }

  close(): void {
    closeSync(this.#lock);
  }

  #readVolume(): string | null {
    const name = readIfThere(this.path('volume'));
    return isVolumeName(name) ? name : null;
  }

  /** Nothing is flushed to the disk: what was written before this machine's last start may be missing, and is sent again. */
  #forgetBeforeReboot(): void {
    const boot = readIfThere('/proc/sys/kernel/random/boot_id') ?? '';
    const before = readIfThere(this.path('boot'));
    if (before === boot) return;
    if (before !== null) {
      for (const name of copies) rmSync(join(this.root, name), { recursive: true, force: true });
      for (const name of readdirSync(this.#own))
        if (!kept.includes(name)) rmSync(this.path(name), { force: true });
    }
    publish(this.path('boot'), boot, 0o600);
  }
}

/** Survive a reboot: the lock is held, and the volume is the same. */
const kept: readonly string[] = ['lock', 'volume'];

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
