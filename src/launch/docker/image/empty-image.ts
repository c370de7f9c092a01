import { randomInt } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Connection } from '../connection/connect.ts';
import { followEvents } from './follow-events.ts';

const blockBytes = 512;

/**
 * Makes an image with nothing in it, by an import: no registry is asked.
 *
 * @param repository its name, which is tagged `latest`
 * @throws the engine's error
 */
export async function makeEmptyImage({ docker }: Connection, repository: string): Promise<void> {
  const stream = await docker.importImage(Readable.from([emptyTree()]), { repo: repository, tag: 'latest' });
  await followEvents(stream);
}

/** Removes it; no error if it is gone. */
export async function removeEmptyImage({ docker }: Connection, repository: string): Promise<void> {
  await docker
    .getImage(`${repository}:latest`)
    .remove({ force: true })
    .catch((error: { readonly statusCode?: number }) => {
      if (error.statusCode !== 404) throw error;
    });
}

/**
 * A tar of one empty directory with a random time: an engine can lose a layer that one process makes and another
 * removes, so no two images share one. Two blocks of zeros end it.
 */
function emptyTree(): Buffer {
  const tar = Buffer.alloc(3 * blockBytes);
  const field = (text: string, offset: number) => tar.write(text, offset, 'latin1');
  field('tmp/', 0);
  field('0001777\0', 100);
  field('0000000\0', 108);
  field('0000000\0', 116);
  field('00000000000\0', 124);
  field(
    `${randomInt(2 ** 31)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  );
  // The sum is made with spaces in its own place.
  field('        5', 148);
  field('ustar\u000000', 257);
  const sum = tar.subarray(0, blockBytes).reduce((total, byte) => total + byte, 0);
  field(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return tar;
}
