import { DeliveryError } from '../../base/delivery-error.ts';
import { joinLimited } from '../../base/shorten.ts';
import type { SqlDatabase } from './sql-database.ts';

/**
 * Takes all steps, even after one has failed permanently: a line that the database rejects must not hide how the job ended.
 *
 * @returns sentences about the steps that failed permanently
 */
export async function eachInTurn(
  database: SqlDatabase,
  steps: readonly (() => Promise<void>)[],
): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      const failure = error instanceof DeliveryError ? error : database.explain(error);
      if (!failure.permanent) throw failure;
      refused.push(failure.message);
    }
  }
  return refused;
}

/** @throws DeliveryError, permanent, if there are such sentences */
export function refuse(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new DeliveryError(joinLimited(sentences), { permanent: true });
}
