import { DeliveryError } from '../../base/delivery-error.ts';
import { allOf } from '../../base/sentences.ts';
import type { SqlDatabase } from './sql-database.ts';

/**
 * Does all of it, also where something before can never be done: a line that the database does not take must not hide
 * how the job ended.
 *
 * @returns sentences about what cannot be done
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

/** @throws DeliveryError, permanent, where there are such sentences */
export function refuse(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new DeliveryError(allOf(sentences), { permanent: true });
}
