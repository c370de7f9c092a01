import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result, Started } from '../../src/contract/records.ts';

/** Changes the times of a sealed job. @param begin its start, @param end its end, RFC 3339 */
export function moveJob(root: string, begin: string, end: string): void {
  const place = join(root, 'ctr/main');
  const read = (name: string) => JSON.parse(readFileSync(join(place, name), 'utf8'));
  const write = (name: string, record: object) => writeFileSync(join(place, name), JSON.stringify(record));
  write('started', { ...(read('started') as Started), startedAt: begin });
  const result = read('result.json') as Result;
  const attempts = result.attempts.map((attempt) => ({ ...attempt, startedAt: begin, finishedAt: end }));
  write('result.json', { ...result, startedAt: begin, finishedAt: end, attempts });
}

/** `YYYY-MM-DD HH:MM:SS`, UTC. */
export function utcText(time: string | number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}
