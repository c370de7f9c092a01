import type { StopReason } from '../observe/job-report.ts';
import type { Spool } from '../report/spool/spool.ts';
import type { TimeBudget } from './time-budget.ts';

/** The spool's record of the budget; `status` shows it. */
export const budgetRecord = 'budget.json';
/** The spool's record that the job was stopped, and why: a new reporter continues with it. */
export const stopRecord = 'stop.json';

/** The budget with which a reporter stopped the job; null if none did. */
export function readStop(spool: Spool): TimeBudget | null {
  const record = spool.readRecord(stopRecord) as Partial<TimeBudget> | null;
  const { reason, stopAt, killAt, gatherUntil, reportUntil } = record ?? {};
  if (reason !== 'timeout' && reason !== 'deadline' && reason !== 'signal') return null;
  const times = [stopAt, killAt, record?.saveUntil ?? gatherUntil, gatherUntil, reportUntil].map(Number);
  if (!times.every(Number.isSafeInteger)) return null;
  const [first = 0, second = 0, third = 0, fourth = 0, last = 0] = times;
  return { reason, stopAt: first, killAt: second, saveUntil: third, gatherUntil: fourth, reportUntil: last };
}

/** Why a reporter stopped the job; null if none did. */
export function stopReasonOf(spool: Spool): StopReason | null {
  return readStop(spool)?.reason ?? null;
}
