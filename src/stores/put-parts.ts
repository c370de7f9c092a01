import { createHash } from 'node:crypto';
import { limits } from '../base/limits.ts';
import { type ObjectStore, type PartUpload, StoreError } from './object-store.ts';
import type { ObjectSource, PutContext } from './put-context.ts';
import { SentBytes } from './sent-bytes.ts';
import type { UploadRecord } from './upload-record.ts';

type PartsContext = PutContext & { readonly partBytes: number };
type Known = Awaited<ReturnType<PartUpload['known']>>;

/**
 * Puts a large object in parts. It goes on with what an earlier process has begun; what fails for good leaves nothing in the
 * store.
 */
export async function putParts(
  store: ObjectStore,
  key: string,
  source: ObjectSource,
  context: PartsContext,
): Promise<void> {
  const { about, keep, partBytes, pace, signal } = context;
  const { upload, known } = await begin(store, key, source, context);
  const record = { id: upload.id, bytes: source.bytes, sha256: about.sha256, partBytes };
  keep?.(record);
  try {
    const tags = await sendParts(upload, known, source, context);
    await complete(store, key, source, { ...context, begun: upload, tags });
  } catch (error) {
    const mayGoOn =
      keep !== null &&
      (signal.aborted || (error instanceof StoreError && ['broken', 'busy'].includes(error.kind)));
    if (!mayGoOn) {
      // The first failure matters; a store that keeps the parts has a rule that removes them.
      await pace
        .run(() => upload.abort(AbortSignal.timeout(limits.storeIdleMs)), new AbortController().signal)
        .catch(() => undefined);
      keep?.(null);
    }
    throw error;
  }
  keep?.(null);
}

async function begin(
  store: ObjectStore,
  key: string,
  source: ObjectSource,
  { about, upload: left, partBytes, pace, signal }: PartsContext,
): Promise<{ readonly upload: PartUpload; readonly known: Known }> {
  const open = (id: string | null) => pace.run(() => store.begin(key, id, about, signal), signal);
  if (left !== null) {
    const upload = await open(left.id);
    try {
      if (isOf(left, source, about.sha256, partBytes))
        return { upload, known: await pace.run(() => upload.known(signal), signal) };
      await pace.run(() => upload.abort(signal), signal);
    } catch (error) {
      // The store has removed it, or it was completed: the object decides.
      if (!(error instanceof StoreError && error.kind === 'missing')) throw error;
    }
  }
  return { upload: await open(null), known: new Map() };
}

function isOf(
  left: UploadRecord,
  { bytes }: ObjectSource,
  sha256: string | null,
  partBytes: number,
): boolean {
  return left.bytes === bytes && left.sha256 === sha256 && sha256 !== null && left.partBytes === partBytes;
}

/** Reads the parts one after the other, and sends several at a time. @returns their tags, in order */
async function sendParts(
  upload: PartUpload,
  known: Known,
  source: ObjectSource,
  { about, partBytes, pace, advanced, signal }: PartsContext,
): Promise<readonly string[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const most = Math.max(1, Math.min(pace.most, Math.floor(limits.storeMemoryBytes / partBytes)));
  const tags: string[] = [];
  const hash = createHash('sha256');
  const sending = new Set<Promise<void>>();
  const free: Buffer[] = [];
  const send = async (number: number, bytes: Buffer, buffer: Buffer) => {
    const { reach } = new SentBytes(advanced);
    const put = () => upload.put(number, bytes, { signal: either, sent: reach });
    tags[number - 1] = await pace.run(put, either);
    free.push(buffer);
    reach(bytes.length);
  };
  try {
    for (let start = 0; start < source.bytes; start += partBytes) {
      either.throwIfAborted();
      const number = start / partBytes + 1;
      const buffer = free.pop() ?? Buffer.allocUnsafeSlow(partBytes);
      const bytes = buffer.subarray(0, Math.min(partBytes, source.bytes - start));
      await source.read(bytes, start);
      hash.update(bytes);
      const there = known.get(number);
      if (there?.size === bytes.length && there.isOf(bytes)) {
        tags[number - 1] = there.tag;
        free.push(buffer);
        advanced(bytes.length);
        continue;
      }
      const sent: Promise<void> = send(number, bytes, buffer).finally(() => sending.delete(sent));
      sent.catch((error) => failed.abort(error));
      sending.add(sent);
      while (sending.size >= most) await Promise.race(sending);
    }
    await Promise.all(sending);
  } finally {
    failed.abort();
    await Promise.allSettled(sending);
  }
  if (about.sha256 !== null && hash.digest('hex') !== about.sha256)
    throw new StoreError('invalid', 'it has changed: its SHA-256 is another one');
  return tags;
}

/** Its answer may have been lost: then the object is there, and the upload is not. */
async function complete(
  store: ObjectStore,
  key: string,
  source: ObjectSource,
  {
    begun,
    tags,
    about,
    pace,
    signal,
  }: PartsContext & { readonly begun: PartUpload; readonly tags: readonly string[] },
): Promise<void> {
  let failure: unknown = null;
  try {
    await pace.run(() => begun.complete(tags, signal), signal);
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'missing')) throw error;
    failure = error;
  }
  const stored = await pace.run(() => store.head(key, signal), signal);
  const isWhole =
    stored?.size === source.bytes &&
    (about.sha256 === null || stored.sha256 === null || stored.sha256 === about.sha256);
  if (isWhole) return;
  throw (
    failure ??
    new StoreError('invalid', `it has ${stored?.size ?? 0} bytes in the store, not ${source.bytes}`)
  );
}
