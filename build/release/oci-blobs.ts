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
  readonly #directory: string;

  /** @param layout the layout's directory */
  constructor(layout: string) {
    this.#directory = join(layout, 'blobs/sha256');
  }

  /** Writes bytes under their digest. */
  async add(mediaType: string, content: Uint8Array): Promise<Descriptor> {
    await mkdir(this.#directory, { recursive: true });
    const digest = digestOf(content);
    await writeFile(join(this.#directory, digest.slice('sha256:'.length)), content);
    return { mediaType, digest, size: content.length };
  }

  /** Writes a value as JSON. */
  async addJson(mediaType: string, value: object): Promise<Descriptor> {
    return await this.add(mediaType, Buffer.from(JSON.stringify(value)));
  }
}

/** The digest of a blob, `sha256:…`. */
export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
