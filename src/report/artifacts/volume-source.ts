import { read } from 'node:fs';
import { promisify } from 'node:util';
import { StoreError } from '../../stores/object-store.ts';
import type { ObjectSource } from '../../stores/put-object.ts';

const readAt = promisify(read);

/** The bytes of an open file of the volume, as many as it had when it was opened. */
export function sourceOf({
  descriptor,
  size,
}: {
  readonly descriptor: number;
  readonly size: number;
}): ObjectSource {
  return {
    bytes: size,
    read: async (into, start) => {
      for (let done = 0; done < into.length; ) {
        const { bytesRead } = await readAt(descriptor, into, done, into.length - done, start + done);
        if (bytesRead === 0) throw new StoreError('invalid', 'has become shorter');
        done += bytesRead;
      }
    },
  };
}
