import { isUtf8 } from 'node:buffer';
import { closeSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { SparseReader } from '../kernel/sparse-reader.ts';
import type { Member } from './find/member.ts';
import { openMember } from './find/read-file.ts';
import type { MaskedFile, TextMask } from './member-reader.ts';
import { readingReason } from './reasons.ts';
import type { Saving } from './saving.ts';
import type { Skipped } from './skipped.ts';

/** The start of a character with this many bytes (UTF-8). */
const leads = [
  [0xf0, 4],
  [0xe0, 3],
  [0xc0, 2],
] as const;

/**
 * Masks secrets in the text files of one artifact: UTF-8 without NUL. Each file is read twice, since an archive has the
 * size of a file before its bytes. Other files, and those without a secret, are not changed.
 */
export class Masking {
  readonly #make: () => TextMask;
  #hasMasked = false;

  /** @param make a new mask for each file */
  constructor(make: () => TextMask) {
    this.#make = make;
  }

  /** Whether a file was changed. */
  get hasMasked(): boolean {
    return this.#hasMasked;
  }

  /** The members as they are saved. A file that cannot be read is skipped, since it may hold a secret. */
  *members(found: Iterable<Member | null>, skipped: Skipped): Generator<Member | null> {
    for (const member of found) {
      if (member === null || member.kind !== 'file' || member.size === 0) yield member;
      else if (member.content !== null) yield this.#withContent(member, member.content);
      else yield* this.#withFile(member, skipped);
    }
  }

  /** A complete content, as it is saved. */
  content(content: Buffer): Buffer {
    const check = new TextCheck();
    if (!check.accepts(content) || !check.isComplete) return content;
    const mask = this.#make();
    const masked = Buffer.concat([mask.push(content), mask.end()]);
    if (masked.length !== content.length) this.#hasMasked = true;
    return masked;
  }

  /** How an open file is saved; null: as it is. @throws Stopped, the operating system's error */
  async file(file: number, seen: SeenFile, saving: Saving): Promise<MaskedFile | null> {
    const scan = this.#scan(file, seen);
    for (;;) {
      const { done, value } = scan.next();
      if (done === true) return value;
      if (saving.mustYield) await saving.yieldTurn();
    }
  }

  #withContent(member: Member, given: Buffer): Member {
    const content = this.content(given);
    return { ...member, content, size: content.length };
  }

  /** Yields null now and then, so that others get their turns. */
  *#withFile(member: Member, skipped: Skipped): Generator<Member | null> {
    let masked: MaskedFile | null;
    try {
      const file = openMember(member.path);
      try {
        masked = yield* this.#scan(file, member);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      skipped.add(member.path, readingReason(error));
      return yield null;
    }
    yield masked === null ? member : { ...member, size: masked.size, sparse: false, masked };
  }

  /** The first reading. */
  *#scan(file: number, seen: SeenFile): Generator<null, MaskedFile | null> {
    const reader = new SparseReader(file, seen);
    const check = new TextCheck();
    const mask = this.#make();
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(limits.copyBytes, seen.size)));
    let [sourceBytes, size] = [0, 0];
    for (;;) {
      // A hole is NUL bytes.
      if (reader.hole() > 0) return null;
      const read = reader.read(buffer);
      if (read === 0) break;
      if (!check.accepts(buffer.subarray(0, read))) return null;
      sourceBytes += read;
      size += mask.push(buffer.subarray(0, read)).length;
      yield null;
    }
    size += mask.end().length;
    // What replaces a secret is shorter than any secret.
    if (!check.isComplete || size === sourceBytes) return null;
    this.#hasMasked = true;
    return { size, sourceBytes, make: this.#make };
  }
}

/** A file as it was found. */
interface SeenFile {
  readonly size: number;
  readonly sparse: boolean;
}

/** Whether bytes that come in pieces are UTF-8 text without NUL. */
class TextCheck {
  /** The beginning of a character at the end of the last piece. */
  #open: Buffer = Buffer.alloc(0);

  /** Whether the text does not end within a character. */
  get isComplete(): boolean {
    return this.#open.length === 0;
  }

  /** @returns false if this piece does not continue a text */
  accepts(piece: Buffer): boolean {
    if (piece.includes(0)) return false;
    const text = this.#open.length === 0 ? piece : Buffer.concat([this.#open, piece]);
    const end = endOfCharacters(text);
    this.#open = Buffer.from(text.subarray(end));
    return isUtf8(text.subarray(0, end));
  }
}

/** Where the last character ends that is complete, if this is UTF-8. */
function endOfCharacters(text: Buffer): number {
  for (let back = 1; back <= Math.min(3, text.length); back += 1) {
    const byte = text[text.length - back] ?? 0;
    if (byte >= 0x80 && byte < 0xc0) continue;
    const length = leads.find(([lead]) => byte >= lead)?.[1] ?? 1;
    return length > back ? text.length - back : text.length;
  }
  return text.length;
}
