import type { Readable } from 'node:stream';

/** What a store knows of one of its objects. */
export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of its bytes, 64 hexadecimal digits, as whoever put it there said; null: not known. */
  readonly sha256: string | null;
  /** Changes with its content (an ETag): parts of one object are parts of the same content. Null: the store has none. */
  readonly version: string | null;
}

/** What an object is put with. */
export interface ObjectAbout {
  /** Its media type. */
  readonly type: string;
  /** SHA-256 of its bytes, kept with it; null: not known beforehand. */
  readonly sha256: string | null;
}

/** A request that sends an object, or a part of one. */
export interface Sending {
  readonly signal: AbortSignal;
  /** Called with the bytes of it that were sent so far; again from the beginning where the store itself repeats it. */
  readonly sent: (bytes: number) => void;
}

/** A part of an object, from `start` up to, but without, `end`, in bytes. */
export interface ObjectRange {
  readonly start: number;
  readonly end: number;
}

/**
 * A bucket, a container or a server: objects by key. Each call is one request to the store, with a checksum of what it
 * carries where the store takes one: whoever calls it retries, and decides how much goes at once.
 *
 * Every call throws StoreError, or the signal's reason.
 */
export interface ObjectStore {
  /** For messages: `s3://bucket`, without credentials and without a query. */
  readonly name: string;
  /** How large objects are split; null: the store takes objects in one piece only. */
  readonly parts: PartLimits | null;
  /** Null: there is no such object. */
  head(key: string, signal: AbortSignal): Promise<StoredObject | null>;
  /** @param range null: the whole object @param version the content must still be this one; null: any */
  get(
    key: string,
    of: { readonly range: ObjectRange | null; readonly version: string | null },
    signal: AbortSignal,
  ): Promise<Readable>;
  /** Puts an object in one piece. @param length bytes of `body`; each attempt asks for a body of its own */
  put(
    key: string,
    body: () => Readable | Buffer,
    length: number,
    about: ObjectAbout,
    sending: Sending,
  ): Promise<void>;
  /** Begins an object in parts, or goes on with one that an earlier process has begun. @param id null: a new one */
  begin(key: string, id: string | null, about: ObjectAbout, signal: AbortSignal): Promise<PartUpload>;
  /** Every object below a prefix, in any order. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  close(): void;
}

/** How a store splits large objects. */
export interface PartLimits {
  /** Bytes of a part that is not the last one. */
  readonly minBytes: number;
  readonly maxBytes: number;
  /** How many parts an object has at most. */
  readonly most: number;
  /** Bytes of a whole object. */
  readonly maxObjectBytes: number;
}

/** A part that an earlier process has put. */
export interface KnownPart {
  /** Bytes. */
  readonly size: number;
  readonly tag: string;
  /** Whether it has these bytes, by the checksum that the store tells of it; true where a store tells none. */
  readonly isOf: (bytes: Buffer) => boolean;
}

/** An object that is being put in parts: nothing is seen of it before `complete`. */
export interface PartUpload {
  /** Names it for a later process: it is kept in the spool. */
  readonly id: string;
  /** The parts that are there already, by number, from 1 on. */
  known(signal: AbortSignal): Promise<ReadonlyMap<number, KnownPart>>;
  /** @returns its tag: the store's checksum of it */
  put(number: number, bytes: Buffer, sending: Sending): Promise<string>;
  /** @param tags of all parts, in order */
  complete(tags: readonly string[], signal: AbortSignal): Promise<void>;
  /** Leaves nothing behind. */
  abort(signal: AbortSignal): Promise<void>;
}

/** A request to a store has failed. */
export class StoreError extends Error {
  /**
   * `missing`: no such bucket or object. `refused`: credentials, permissions, a policy. `busy`: asked too often (503 SlowDown,
   * 429). `broken`: no connection, or it ended in the middle. `invalid`: the request itself is at fault, or a checksum is
   * wrong. The message is a clause that names neither credentials nor a query.
   */
  readonly kind: 'missing' | 'refused' | 'busy' | 'broken' | 'invalid';
  /** How long the store wants to be left alone, ms; null: it does not say. */
  readonly retryAfterMs: number | null;

  constructor(
    kind: StoreError['kind'],
    message: string,
    options: ErrorOptions & { retryAfterMs?: number | null } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
