import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../base/is-record.ts';

/** One step of a JSON Patch (RFC 6902). */
export interface PatchStep {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** What makes one value of another. Lists of different lengths are replaced as a whole. */
export function jsonPatch(before: unknown, after: unknown, path = ''): readonly PatchStep[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isRecord(before) && isRecord(after)) return changedKeys(before, after, path);
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((each, index) => jsonPatch(each, after[index], `${path}/${index}`));
  return [{ op: 'replace', path, value: after }];
}

type Keys = Readonly<Record<string, unknown>>;

function changedKeys(before: Keys, after: Keys, path: string): readonly PatchStep[] {
  const at = (key: string) => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const gone = Object.keys(before).filter((key) => after[key] === undefined);
  return [
    ...gone.map((key) => ({ op: 'remove', path: at(key) }) as const),
    ...Object.entries(after).flatMap(([key, value]): readonly PatchStep[] => {
      if (value === undefined) return [];
      if (before[key] === undefined) return [{ op: 'add', path: at(key), value }];
      return jsonPatch(before[key], value, at(key));
    }),
  ];
}
