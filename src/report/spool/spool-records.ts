import type { Spool } from './spool.ts';

/** What remembers the steps of a delivery: a spool, or something that lasts as long as one delivery. */
export type SpoolRecords = Pick<Spool, 'readRecord' | 'writeRecord'>;

/** Records that are kept in memory. */
export function recordsInMemory(): SpoolRecords {
  const records = new Map<string, unknown>();
  return {
    readRecord: (name) => records.get(name) ?? null,
    writeRecord: (name, record) => void records.set(name, record),
  };
}
