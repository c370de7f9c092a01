import { createHash, randomBytes } from 'node:crypto';
import { type ObjectAbout, type PartUpload, StoreError } from '../object-store.ts';
import type { AzureConnection } from './azure-connection.ts';

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
  { key, about, more }: Uploaded,
  id: string | null,
  signal: AbortSignal,
): Promise<PartUpload> {
  const blocksOf = (abortSignal: AbortSignal) =>
    connection.send(async (container) => {
      const list = await container.getBlockBlobClient(key).getBlockList('all', { abortSignal });
      return [...(list.uncommittedBlocks ?? []), ...(list.committedBlocks ?? [])].map((block, index) => ({
        ...block,
        isCommitted: index >= (list.uncommittedBlocks ?? []).length,
      }));
    }, abortSignal);
  const existing = await blocksOf(signal).catch((error) => {
    if (error instanceof StoreError && error.kind === 'missing' && !error.message.includes('make the'))
      return [];
    throw error;
  });
  const name = id ?? randomBytes(nameLength / 2).toString('hex');
  const length = lengthFor(existing.map((block) => block.name));
  return {
    id: name,
    known: async () =>
      new Map(
        existing.flatMap((block) => {
          const text = Buffer.from(block.name, 'base64').toString('latin1');
          if (block.isCommitted || !text.startsWith(name)) return [];
          const number = Number(text.slice(nameLength, nameLength + numberLength));
          return [[number, { size: block.size, tag: block.name }] as const];
        }),
      ),
    put: async (number, bytes, abortSignal) => {
      const tag = blockId(name, number, length);
      const md5 = createHash('md5').update(bytes).digest();
      await connection.send(
        (container) =>
          container
            .getBlockBlobClient(key)
            .stageBlock(tag, bytes, bytes.length, { abortSignal, transactionalContentMD5: md5 }),
        abortSignal,
      );
      return tag;
    },
    complete: async (tags, abortSignal) => {
      await connection.send(
        (container) =>
          container.getBlockBlobClient(key).commitBlockList([...tags], {
            abortSignal,
            blobHTTPHeaders: { blobContentType: about.type },
            ...more,
          }),
        abortSignal,
      );
    },
    // To remove its blocks, an empty blob would have to take the place of what is there. The store drops them after a week.
    abort: async () => undefined,
  };
}

function blockId(name: string, number: number, length: number): string {
  const text = `${name}${String(number).padStart(numberLength, '0')}`;
  return Buffer.from(text.padEnd(length, '-'), 'latin1').toString('base64');
}

/** @throws StoreError if an ID of this length cannot hold what ours say */
function lengthFor(ids: readonly string[]): number {
  const [first] = ids;
  if (first === undefined) return usualLength;
  const length = Buffer.from(first, 'base64').length;
  if (length >= nameLength + numberLength) return length;
  throw new StoreError(
    'invalid',
    'another program has left blocks of it with short IDs; delete the blob first',
  );
}
