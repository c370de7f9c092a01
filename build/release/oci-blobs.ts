import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How one blob of an OCI image names another (image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Writes blobs of an OCI image layout (image-spec, image-layout.md). */
export class OciBlobs {
  readonly #layout: string;

  /** @param layout the layout's directory */
  constructor(layout: string) {
    this.#layout = layout;
  }

  /** Writes bytes under their digest. */
  async add(mediaType: string, content: Uint8Array): Promise<Descriptor> {
    await mkdir(join(this.#layout, 'blobs/sha256'), { recursive: true });
    const digest = digestOf(content);
    const descriptor = { mediaType, digest, size: content.length };
    await writeFile(join(this.#layout, blobPath(descriptor)), content);
    return descriptor;
  }

  /** Writes a value as JSON. */
  async addJson(mediaType: string, value: object): Promise<Descriptor> {
    return await this.add(mediaType, Buffer.from(JSON.stringify(value)));
  }
}

/** A blob's file in the layout. */
export function blobPath({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** The digest of a blob, `sha256:…`. */
export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
