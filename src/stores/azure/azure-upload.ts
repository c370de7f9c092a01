import { createHash, randomBytes } from 'node:crypto';
import { inPieces } from '../in-pieces.ts';
import { type KnownPart, type ObjectAbout, type PartUpload, StoreError } from '../object-store.ts';
import type { AzureConnection } from './azure-connection.ts';
import { isOfContainer } from './explain-azure.ts';

/** Characters of an upload's random name, and of a block's number. */
const nameLength = 12;
const numberLength = 6;
/** Characters of a block's ID; the store takes up to 64. */
const usualLength = 24;

/** What is put in blocks. */
interface Uploaded {
  readonly key: string;
  readonly about: ObjectAbout;
  readonly more: { readonly metadata?: Record<string, string> };
}

/**
 * Begins a blob in blocks, or goes on with it. Blocks of other uploads to the same blob may be left there: they do not
 * matter, but all IDs must have the same length.
 *
 * @throws StoreError, or the signal's reason
 */
export async function azureUpload(
  connection: AzureConnection,
  uploaded: Uploaded,
  id: string | null,
  signal: AbortSignal,
): Promise<PartUpload> {
  const { key, about, more } = uploaded;
  const existing = await blocksOf(connection, key, signal);
  const name = id ?? randomBytes(nameLength / 2).toString('hex');
  const length = lengthFor(existing);
  return {
    id: name,
    known: async () => knownBlocks(existing, name),
    put: async (number, bytes, { signal: abortSignal, sent }) => {
      const tag = blockId(name, number, length);
      const md5 = createHash('md5').update(bytes).digest();
      await connection.send(
        (container, options) =>
          container.getBlockBlobClient(key).stageBlock(tag, () => inPieces(bytes, sent), bytes.length, {
            ...options,
            transactionalContentMD5: md5,
          }),
        abortSignal,
      );
      return tag;
    },
    complete: async (tags, abortSignal) => {
      const described = { blobHTTPHeaders: { blobContentType: about.type }, ...more };
      await connection.send(
        (container, options) =>
          container
            .getBlockBlobClient(key)
            .commitBlockList([...tags], { abortSignal: options.abortSignal, ...described }),
        abortSignal,
      );
    },
    // To remove its blocks, an empty blob would have to take the place of what is there. The store drops them after a week.
    abort: async () => undefined,
  };
}

/** A block of a blob. */
interface ExistingBlock {
  /** Its ID. */
  readonly name: string;
  readonly size: number;
  readonly isCommitted: boolean;
}

async function blocksOf(
  connection: AzureConnection,
  key: string,
  signal: AbortSignal,
): Promise<readonly ExistingBlock[]> {
  try {
    return await connection.send(async (container, { abortSignal }) => {
      const { uncommittedBlocks: left = [], committedBlocks: committed = [] } = await container
        .getBlockBlobClient(key)
        .getBlockList('all', { abortSignal });
      return [
        ...left.map((block) => ({ ...block, isCommitted: false })),
        ...committed.map((block) => ({ ...block, isCommitted: true })),
      ];
    }, signal);
  } catch (error) {
    // There is no such blob yet.
    if (error instanceof StoreError && error.kind === 'missing' && !isOfContainer(error)) return [];
    throw error;
  }
}

function knownBlocks(existing: readonly ExistingBlock[], name: string): ReadonlyMap<number, KnownPart> {
  const own = existing
    .map((block) => ({ ...block, text: Buffer.from(block.name, 'base64').toString('latin1') }))
    .filter(({ isCommitted, text }) => !isCommitted && text.startsWith(name));
  return new Map(
    own.map(({ text, size, name: tag }) => [
      Number(text.slice(nameLength, nameLength + numberLength)),
      // The store tells no checksum of a block; its own was compared when it was put.
      { size, tag, isOf: () => true },
    ]),
  );
}

function blockId(name: string, number: number, length: number): string {
  const text = `${name}${String(number).padStart(numberLength, '0')}`;
  return Buffer.from(text.padEnd(length, '-'), 'latin1').toString('base64');
}

/** @throws StoreError if an ID of this length cannot hold what ours say */
function lengthFor([first]: readonly ExistingBlock[]): number {
  if (first === undefined) return usualLength;
  const length = Buffer.from(first.name, 'base64').length;
  if (length >= nameLength + numberLength) return length;
  throw new StoreError(
    'invalid',
    'another program has left blocks of it with short IDs; delete the blob first',
  );
}
