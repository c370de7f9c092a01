import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { limits } from '../../base/limits.ts';
import { writeWhole } from '../../base/write-whole.ts';
import { firstNames } from '../../contract/first-names.ts';
import type { Frame, FrameParts } from '../../contract/mirror/frame.ts';
import { growingFiles, mirroredPath } from '../../contract/mirror/mirrored-files.ts';
import { tailHash } from '../../contract/mirror/tail-hash.ts';
import { MirrorRefusal } from './mirror-refusal.ts';
import type { MirrorSpace } from './mirror-space.ts';

interface Copy {
  readonly descriptor: number;
  size: number;
}

const openFlags = constants.O_RDWR | constants.O_NOFOLLOW;

/** The mirror's copies of the files that only grow. */
export class GrownCopies {
  readonly #root: string;
  readonly #space: MirrorSpace;
  /** By the file's number in this connection. */
  readonly #open = new Map<number, Copy>();

  constructor(root: string, space: MirrorSpace) {
    this.#root = root;
    this.#space = space;
    for (const path of this.#paths()) this.#with(path, (file) => space.take(fstatSync(file).size));
  }

  /** The frames that tell a sender what is there. */
  *have(): Generator<FrameParts> {
    for (const path of this.#paths()) {
      let frame: FrameParts | null = null;
      this.#with(path, (file) => {
        const { size } = fstatSync(file);
        const bytes = Buffer.from(tailHash(file, size) ?? '', 'hex');
        frame = { type: 'have', offset: size, text: path, bytes };
      });
      if (frame !== null) yield frame;
    }
  }

  /** `open`: a file is continued, or one that has taken its place on the volume begins. */
  start({ file, offset, text, bytes }: Frame): void {
    const path = text.toString('latin1');
    if (mirroredPath(path)?.kind !== 'growing' || file > limits.containers * growingFiles.length)
      throw new MirrorRefusal(`a file may not be mirrored: ${path}`, true);
    this.#close(file);
    this.#space.takeFile();
    const absolute = join(this.#root, path);
    mkdirSync(dirname(absolute), { recursive: true });
    if (bytes.length > 0) rmSync(absolute, { force: true });
    const descriptor = openSync(absolute, openFlags | constants.O_CREAT, 0o644);
    const { size } = fstatSync(descriptor);
    this.#open.set(file, { descriptor, size });
    if (size !== offset) throw new MirrorRefusal(`${path} is not continued where the mirror ends`);
  }

  /** `data` or `hole`. */
  grow({ type, file, offset, text, bytes }: Frame): void {
    const copy = this.#open.get(file);
    if (copy === undefined || copy.size !== offset) throw new MirrorRefusal('a part of a file is missing');
    if (type === 'data') {
      this.#space.take(bytes.length);
      writeWhole(copy.descriptor, bytes, offset);
      copy.size += bytes.length;
    } else {
      const size = offset + holeLength(text);
      this.#space.checkSize(size);
      ftruncateSync(copy.descriptor, size);
      copy.size = size;
    }
  }

  /** Forgets the numbers of a connection. */
  close(): void {
    for (const number of [...this.#open.keys()]) this.#close(number);
  }

  #close(number: number): void {
    const copy = this.#open.get(number);
    this.#open.delete(number);
    if (copy !== undefined) closeSync(copy.descriptor);
  }

  #paths(): readonly string[] {
    const containers = namesIn(join(this.#root, 'ctr'));
    return containers.flatMap((name) => growingFiles.map((file) => `ctr/${name}/${file}`));
  }

  #with(path: string, use: (file: number) => void): void {
    let file: number;
    try {
      file = openSync(join(this.#root, path), openFlags);
    } catch {
      return; // There is none, or it is to be replaced.
    }
    try {
      use(file);
    } finally {
      closeSync(file);
    }
  }
}

/** The length of a hole, as its frame says it. @throws MirrorRefusal */
export function holeLength(text: Buffer): number {
  const length = Number(text.toString('latin1'));
  if (!Number.isSafeInteger(length) || length < 0)
    throw new MirrorRefusal('a hole has no valid length', true);
  return length;
}

function namesIn(directory: string): readonly string[] {
  try {
    return firstNames(directory, limits.containers);
  } catch {
    return []; // Nothing has arrived yet.
  }
}
