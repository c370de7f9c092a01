import { createHash, randomBytes } from 'node:crypto';
import { limits } from '../../base/limits.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import {
  type KnownPart,
  type ObjectAbout,
  type PartUpload,
  type Sending,
  StoreError,
} from '../object-store.ts';
import { combineCrc32c, crc32cFrom } from './crc32c.ts';
import type { GcsConnection } from './gcs-connection.ts';
import { type GcsObject, gcsFields, objectPath } from './gcs-object.ts';
import { listObjects } from './list-objects.ts';
import { kmsQuery, putWhole } from './put-whole.ts';

/** How many objects the store composes at a time. */
const mostSources = 32;
/** Bytes of a key. */
const keyBytes = 1024;

/** A part, or what some of them were composed to. */
interface Piece {
  readonly name: string;
  readonly generation: string;
  readonly size: number;
  readonly crc32c: string;
}

/**
 * An object that is put in parts: each is an object of its own beside it, and the store composes them. Nothing is seen of it
 * before. In the end, its parts are removed.
 */
export class GcsUpload implements PartUpload {
  readonly id: string;
  readonly #connection: GcsConnection;
  readonly #key: string;
  readonly #about: ObjectAbout;
  /** The directory of the parts, with its slash. */
  readonly #place: string;
  readonly #composed = new Map<string, Piece>();
  readonly #onTheWay = new Set<Promise<unknown>>();
  /** The object is there. */
  #isComplete = false;

  /** @param id null: a new one */
  constructor(
    connection: GcsConnection,
    { key, about }: { readonly key: string; readonly about: ObjectAbout },
    id: string | null,
  ) {
    this.id = id ?? randomBytes(12).toString('hex');
    this.#connection = connection;
    this.#key = key;
    this.#about = about;
    this.#place = placeFor(key, this.id);
  }

  async known(signal: AbortSignal) {
    const parts = new Map<number, KnownPart>();
    for await (const object of listObjects(this.#connection, `${this.#place}part-`, signal)) {
      const piece = toPiece(object);
      const isOf = (bytes: Buffer) => md5Of(bytes) === object.md5Hash;
      parts.set(Number(object.name.slice(-numberLength)), { size: piece.size, tag: tagOf(piece), isOf });
    }
    return parts;
  }

  async put(number: number, bytes: Buffer, { signal, sent }: Sending): Promise<string> {
    const part = {
      key: this.#partName(number),
      type: 'application/octet-stream',
      metadata: {},
      body: () => bytes,
      length: bytes.length,
      sent,
    };
    // The store may keep a part whose request was ended: it goes on, and is removed when it is there.
    const put = putWhole(this.#connection, part, new AbortController().signal);
    this.#onTheWay.add(put);
    put.finally(() => this.#onTheWay.delete(put)).catch(() => undefined);
    return tagOf(toPiece(await unlessAborted(put, signal)));
  }

  /** Repeated after a failure, it composes nothing again: its parts may be removed already, and the rest is to be. */
  async complete(tags: readonly string[], signal: AbortSignal): Promise<void> {
    if (!this.#isComplete) await this.#composeAll(tags, signal);
    this.#isComplete = true;
    await this.abort(signal);
  }

  /** Removes the parts. */
  async abort(signal: AbortSignal): Promise<void> {
    await unlessAborted(Promise.allSettled(this.#onTheWay), signal);
    const names: string[] = [];
    for await (const { name } of listObjects(this.#connection, this.#place, signal)) names.push(name);
    await inTurns(names, (name) => this.#remove(name, signal));
  }

  async #composeAll(tags: readonly string[], signal: AbortSignal): Promise<void> {
    let pieces: readonly Piece[] = tags.map((tag, index) => this.#pieceOf(tag, index + 1));
    for (let step = 1; pieces.length > mostSources; step += 1) {
      const groups = Array.from({ length: Math.ceil(pieces.length / mostSources) }, (_, index) =>
        pieces.slice(index * mostSources, (index + 1) * mostSources),
      );
      pieces = await inTurns(groups, (group, index) =>
        this.#composeStep(`step-${step}-${index}`, group, signal),
      );
    }
    const { type, sha256 } = this.#about;
    const metadata = sha256 === null ? {} : { sha256 };
    await this.#compose(this.#key, pieces, { contentType: type, metadata }, signal);
  }

  #partName(number: number): string {
    return `${this.#place}part-${String(number).padStart(numberLength, '0')}`;
  }

  #pieceOf(tag: string, number: number): Piece {
    const [generation = '', crc32c = '', size] = tag.split(' ');
    return { name: this.#partName(number), generation, crc32c, size: Number(size) };
  }

  /** What a failed attempt has composed is not composed again. */
  async #composeStep(name: string, pieces: readonly Piece[], signal: AbortSignal): Promise<Piece> {
    const before = this.#composed.get(name);
    if (before !== undefined) return before;
    const composed = await this.#compose(`${this.#place}${name}`, pieces, {}, signal);
    this.#composed.set(name, composed);
    return composed;
  }

  async #compose(
    key: string,
    pieces: readonly Piece[],
    destination: object,
    signal: AbortSignal,
  ): Promise<Piece> {
    const sourceObjects = pieces.map(({ name, generation }) => ({ name, generation }));
    const body = JSON.stringify({ kind: 'storage#composeRequest', sourceObjects, destination });
    const found = await this.#connection.ask<GcsObject>(
      {
        path: `${objectPath(key)}/compose`,
        query: { fields: gcsFields, ...kmsQuery(this.#connection) },
        headers: { 'content-type': 'application/json' },
        body: () => body,
      },
      signal,
    );
    const composed = toPiece({ ...found, name: key });
    if (isOf(composed, pieces)) return composed;
    await this.#remove(key, signal);
    throw new StoreError('broken', `${this.#connection.name} has composed other bytes than it had`);
  }

  async #remove(name: string, signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.#connection.send({ method: 'DELETE', path: objectPath(name) }, signal);
      answer.resume();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.kind === 'refused')
        throw new StoreError('refused', `cannot remove parts of an object: ${error.message}`, {
          cause: error,
        });
      if (error.kind !== 'missing') throw error;
    }
  }
}

const numberLength = 6;

/** Beside the object: whoever may write it may write there. */
function placeFor(key: string, id: string): string {
  const name = `.emissary-${id}/`;
  // A key is bytes, and no path: `a//b` and `../b` are what they are.
  const beside = key.slice(0, key.lastIndexOf('/') + 1) + name;
  return Buffer.byteLength(beside) + 'part-'.length + numberLength > keyBytes ? name : beside;
}

function toPiece({ name, generation = '', size, crc32c = '' }: GcsObject): Piece {
  return { name, generation, size: Number(size ?? 0), crc32c };
}

function md5Of(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('base64');
}

function tagOf({ generation, crc32c, size }: Piece): string {
  return `${generation} ${crc32c} ${size}`;
}

/** Whether its bytes are theirs, one after the other. */
function isOf(composed: Piece, pieces: readonly Piece[]): boolean {
  if (composed.size !== pieces.reduce((sum, { size }) => sum + size, 0)) return false;
  const found = crc32cFrom(composed.crc32c);
  let sum: number | null = 0;
  for (const { crc32c, size } of pieces) {
    const next = crc32cFrom(crc32c);
    sum = sum === null || next === null ? null : combineCrc32c(sum, next, size);
  }
  return found === null || sum === null || sum === found;
}

/** Several at a time, as many as there are requests to a store. */
async function inTurns<T, R>(all: readonly T[], act: (one: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < all.length; start += limits.storeRequests) {
    const turn = all.slice(start, start + limits.storeRequests);
    results.push(...(await Promise.all(turn.map((one, index) => act(one, start + index)))));
  }
  return results;
}
