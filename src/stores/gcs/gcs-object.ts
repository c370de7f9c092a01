import type { StoredObject } from '../object-store.ts';

/** An object as Google's JSON API describes it. */
export interface GcsObject {
  readonly name: string;
  /** Bytes. */
  readonly size?: string;
  /** Another one for each content. */
  readonly generation?: string;
  /** CRC-32C, big-endian, in base64. */
  readonly crc32c?: string;
  /** In base64; an object that was composed of others has none. */
  readonly md5Hash?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The fields of it that are asked for. */
export const gcsFields = 'name,size,generation,crc32c,md5Hash,metadata';

/** The path of an object below its bucket. */
export function objectPath(key: string): string {
  return `/o/${encodeURIComponent(key)}`;
}

/** What all stores tell of an object. */
export function toStored({ name, size, generation, metadata }: GcsObject): StoredObject {
  const sha256 = metadata?.['sha256'] ?? '';
  return {
    key: name,
    size: Number(size ?? 0),
    version: generation ?? null,
    sha256: /^[0-9a-f]{64}$/.test(sha256) ? sha256 : null,
  };
}
