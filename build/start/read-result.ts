import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../../src/contract/records.ts';

/** The result record of the job's container. */
export type JobResult = Result;

/** Reads the result of `main`; null if the wrapper did not get as far as writing one. */
export function readResult(root: string): JobResult | null {
  try {
    return JSON.parse(readFileSync(join(root, 'ctr', 'main', 'result.json'), 'utf8')) as JobResult;
  } catch {
    return null;
  }
}
