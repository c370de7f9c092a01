import type { ResultsStore } from '../../settings/destinations/results-store.ts';
import { type ResultFile, resultKey } from './result-key.ts';

/** The address of a file's object, without options and credentials, in the form that `RFC 3986` allows. */
export function resultUrl({ address, key }: ResultsStore, jobId: number, file: ResultFile): string {
  const path = resultKey(key, jobId, file).split('/').map(encodeURIComponent).join('/');
  return `${address.protocol}//${address.host}/${path}`;
}
