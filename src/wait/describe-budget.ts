import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import { budgetRecord } from './stop-record.ts';

/** The time budget as `status` shows it; times are RFC 3339, UTC. */
export interface BudgetStatus {
  readonly reason: string;
  readonly stopAt: string;
  readonly killAt: string;
  readonly saveUntil: string;
  readonly gatherUntil: string;
  readonly reportUntil: string;
}

/** The budget that a reporter keeps in its spool in `home`; null if there is none or this user may not read it. */
export function describeBudget(home: Volume): BudgetStatus | null {
  const look = home.read(`report/${budgetRecord}`, limits.startedBytes);
  if (look.kind !== 'read') return null;
  try {
    const record = JSON.parse(look.bytes.toString()) as Record<string, unknown>;
    const time = (name: string) => new Date(Number(record[name])).toISOString();
    return {
      reason: ['timeout', 'deadline', 'signal'].find((reason) => reason === record['reason']) ?? 'unknown',
      stopAt: time('stopAt'),
      killAt: time('killAt'),
      saveUntil: time('saveUntil'),
      gatherUntil: time('gatherUntil'),
      reportUntil: time('reportUntil'),
    };
  } catch {
    return null; // Not a budget of a reporter.
  }
}
