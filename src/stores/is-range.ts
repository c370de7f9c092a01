import type { ObjectRange } from './object-store.ts';

/** Whether an answer has the range that was asked for. @param contentRange its header `Content-Range` (`bytes 0-7/20`) */
export function isRange(contentRange: string | undefined, { start, end }: ObjectRange): boolean {
  return contentRange?.startsWith(`bytes ${start}-${end - 1}/`) === true;
}
