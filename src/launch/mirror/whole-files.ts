import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { errnoOf } from '../../base/fault.ts';
import { removeFile } from '../../base/remove-file.ts';
import { writeWhole } from '../../base/write-whole.ts';
import type { Frame } from '../../contract/mirror/frame.ts';
import type { Start } from '../../contract/mirror/messages.ts';
import { type MirroredPath, mirroredPath } from '../../contract/mirror/mirrored-files.ts';
import { tailHash } from '../../contract/mirror/tail-hash.ts';
import { publish } from '../../contract/publish.ts';
import { holeLength } from './grown-copies.ts';
import { MirrorRefusal } from './mirror-refusal.ts';
import type { MirrorSpace } from './mirror-space.ts';
import type { MirrorState } from './mirror-state.ts';
import { OutputJournal } from './output-journal.ts';

/** A file that arrives in several frames. */
interface Arriving {
  readonly path: string;
  readonly known: MirroredPath;
  /** As it was announced. */
  readonly announced: number;
  readonly descriptor: number;
  size: number;
}

const createFlags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

/** The mirror's records and outputs: each appears whole. A large output that arrived in part is continued later. */
export class WholeFiles {
  readonly #state: MirrorState;
  readonly #space: MirrorSpace;
  readonly #root: Buffer;
  readonly #journal: OutputJournal;
  #arriving: Arriving | null = null;
  /** The directory that was made last: most outputs are beside another one. */
  #madeDirectory = '';

  constructor(state: MirrorState, space: MirrorSpace) {
    this.#state = state;
    this.#space = space;
    this.#root = Buffer.from(`${state.root}/`);
    this.#journal = new OutputJournal(state.path('outputs'), space);
  }

  /** What the mirror has of the outputs. */
  get had(): Pick<Start, 'after' | 'partial'> {
    return { after: this.#journal.after, partial: this.#partial() };
  }

  /** How many outputs are complete. */
  get outputs(): number {
    return this.#journal.count;
  }

  /** Makes what has arrived known to the next receiver. */
  settle(): void {
    this.#journal.write();
  }

  /** Forgets all outputs: those on the volume are not those that were sent. */
  forgetOutputs(): void {
    this.#journal.clear();
    rmSync(`${this.#state.root}/outputs`, { recursive: true, force: true });
    this.#madeDirectory = '';
  }

  /** `file`: the whole of a small file, or the announcement of a larger one. */
  begin({ text, offset, bytes }: Frame): void {
    this.#leave();
    const { path, known } = this.#checked(text, offset);
    if (bytes.length === offset) return this.#put(path, known, bytes);
    this.#arrive(path, known, offset, true);
  }

  /** `resume`: what has arrived of an output before is continued. */
  resume({ text, offset }: Frame): void {
    this.#leave();
    const { path, known } = this.#checked(text, offset);
    if (known.kind !== 'output' || this.#partialPath() !== path)
      throw new MirrorRefusal('an output is continued that is not there', true);
    this.#arrive(path, known, offset, false);
  }

  /** `data` or `hole`. */
  grow({ type, offset, text, bytes }: Frame): void {
    const file = this.#arriving;
    if (file === null || file.size !== offset) throw new MirrorRefusal('a part of a file is missing');
    const length = type === 'data' ? bytes.length : holeLength(text);
    if (offset + length > file.announced) throw new MirrorRefusal('a file is larger than announced', true);
    if (type === 'data') {
      this.#space.take(length);
      writeWhole(file.descriptor, bytes, offset);
    } else ftruncateSync(file.descriptor, offset + length);
    file.size += length;
  }

  /** `done`: a larger file is complete. */
  finish({ offset }: Frame): void {
    const file = this.#arriving;
    if (file === null || file.size !== offset) throw new MirrorRefusal('a part of a file is missing');
    this.#leave();
    this.#makeDirectoryOf(file.path);
    renameSync(this.#state.path(arrivingName(file.known)), this.#absolute(file.path));
    if (file.known.kind !== 'output') return;
    this.#journal.add(file.path, file.size);
    removeFile(this.#state.path('partial.path'));
  }

  /** `removed`: a record is no longer there. */
  remove({ text }: Frame): void {
    const { path, known } = this.#checked(text, 0);
    if (known.kind !== 'record') throw new MirrorRefusal('something else than a record was removed', true);
    rmSync(this.#absolute(path), { force: true });
  }

  /** Ends a connection: what has arrived in part stays. */
  disconnect(): void {
    this.#leave();
    this.#journal.write();
  }

  close(): void {
    this.disconnect();
    this.#journal.close();
  }

  #checked(text: Buffer, size: number): { readonly path: string; readonly known: MirroredPath } {
    const path = text.toString('latin1');
    const known = mirroredPath(path);
    if (known === null || known.kind === 'growing' || size > known.limit)
      throw new MirrorRefusal(`a file may not be mirrored: ${path}`, true);
    this.#space.checkSize(size);
    return { path, known };
  }

  #put(path: string, known: MirroredPath, bytes: Buffer): void {
    this.#makeDirectoryOf(path);
    // Records come again and again, and are small; outputs add up.
    if (known.kind === 'record') return publish(`${this.#state.root}/${path}`, bytes);
    this.#space.takeFile();
    this.#space.take(bytes.length);
    // Nobody reads an output before the seal, which follows: it need not appear whole, only be so.
    const file = openSync(this.#absolute(path), createFlags | constants.O_TRUNC, 0o644);
    try {
      writeWhole(file, bytes, 0);
    } finally {
      closeSync(file);
    }
    this.#journal.add(path, bytes.length);
  }

  #arrive(path: string, known: MirroredPath, announced: number, isNew: boolean): void {
    this.#space.takeFile();
    const isOutput = known.kind === 'output';
    if (isNew && isOutput) publish(this.#state.path('partial.path'), Buffer.from(path, 'latin1'), 0o600);
    const flags = createFlags | (isNew ? constants.O_TRUNC : 0);
    const descriptor = openSync(this.#state.path(arrivingName(known)), flags, 0o644);
    this.#arriving = { path, known, announced, descriptor, size: fstatSync(descriptor).size };
  }

  #leave(): void {
    if (this.#arriving !== null) closeSync(this.#arriving.descriptor);
    this.#arriving = null;
  }

  #partialPath(): string | null {
    try {
      return readFileSync(this.#state.path('partial.path'), 'latin1');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  #partial(): Start['partial'] {
    const path = this.#partialPath();
    if (path === null) return null;
    const file = openSync(this.#state.path('partial'), createFlags, 0o644);
    try {
      const { size } = fstatSync(file);
      return { path, size, tail: tailHash(file, size) ?? '' };
    } finally {
      closeSync(file);
    }
  }

  #makeDirectoryOf(path: string): void {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    if (directory === this.#madeDirectory) return;
    mkdirSync(this.#absolute(directory), { recursive: true });
    this.#madeDirectory = directory;
  }

  #absolute(path: string): Buffer {
    return Buffer.concat([this.#root, Buffer.from(path, 'latin1')]);
  }
}

/** Below the mirror's own directory. */
function arrivingName({ kind }: MirroredPath): string {
  return kind === 'output' ? 'partial' : 'record';
}
