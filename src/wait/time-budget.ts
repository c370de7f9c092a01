import { limits } from '../base/limits.ts';
import type { StopReason } from '../observe/job-report.ts';

/**
 * How the remaining time is split, as times in ms since 1970: until `stopAt` the job runs, until `killAt` it may exit
 * gracefully, until `saveUntil` its wrapper may save the outputs, until `gatherUntil` it may seal them, and until
 * `reportUntil` the job is reported.
 */
export interface TimeBudget {
  readonly reason: StopReason;
  readonly stopAt: number;
  readonly killAt: number;
  readonly saveUntil: number;
  readonly gatherUntil: number;
  readonly reportUntil: number;
}

/** The settings that the split depends on; all in ms. */
export interface TimeSettings {
  readonly timeoutMs: number;
  readonly deadlineMs: number | null;
  readonly graceMs: number;
  /** How long delivery may take at most. */
  readonly budgetMs: number;
}

/**
 * The budget of a job that has a timeout or a deadline; null if it has neither. A timeout is for the job alone: saving,
 * gathering and reporting come after it. A deadline is for everything: the job is stopped early enough for the rest to fit
 * before it.
 *
 * @param startedAt when `wait` started, ms since 1970
 */
export function planBudget(settings: TimeSettings, startedAt: number): TimeBudget | null {
  const { timeoutMs, deadlineMs, graceMs, budgetMs } = settings;
  const byDeadline =
    deadlineMs === null ? null : splitUntil('deadline', startedAt, deadlineMs, graceMs, budgetMs);
  if (timeoutMs === 0) return byDeadline;
  const stopAt = startedAt + timeoutMs;
  const killAt = stopAt + graceMs;
  const saveUntil = killAt + limits.saveMs;
  const gatherUntil = saveUntil + limits.gatherMs;
  const byTimeout = {
    reason: 'timeout',
    stopAt,
    killAt,
    saveUntil,
    gatherUntil,
    reportUntil: gatherUntil + budgetMs,
  } as const;
  if (byDeadline === null) return byTimeout;
  if (byDeadline.stopAt <= stopAt) return byDeadline;
  return {
    ...byTimeout,
    killAt: Math.min(killAt, byDeadline.killAt),
    saveUntil: Math.min(saveUntil, byDeadline.saveUntil),
    gatherUntil: Math.min(gatherUntil, byDeadline.gatherUntil),
    reportUntil: Math.min(gatherUntil + budgetMs, byDeadline.reportUntil),
  };
}

/**
 * The budget after the reporter itself was asked to stop: the kubelet kills it when the grace period is over, so the job
 * must exit before that.
 */
export function budgetAfterSignal(graceMs: number, budgetMs: number, now: number): TimeBudget {
  const split = splitUntil('signal', now, now + graceMs, graceMs, budgetMs);
  return { ...split, stopAt: now };
}

/**
 * Splits the time until an end: at most a fifth for the report, a twentieth for gathering and a tenth for saving; the rest
 * is the job's.
 */
function splitUntil(
  reason: StopReason,
  now: number,
  wantedEnd: number,
  graceMs: number,
  budgetMs: number,
): TimeBudget {
  const end = Math.max(wantedEnd, now + limits.minBudgetMs);
  const left = end - now;
  const gatherUntil = end - Math.min(left / 5, budgetMs, limits.reportReserveMs);
  const saveUntil = gatherUntil - Math.min(left / 20, limits.gatherMs);
  const killAt = saveUntil - Math.min(left / 10, limits.saveMs);
  // Without grace a job could never exit gracefully: it gets at least half of the remaining time.
  const stopAt = Math.max(killAt - graceMs, now + (killAt - now) / 2);
  return {
    reason,
    stopAt: Math.round(stopAt),
    killAt: Math.round(killAt),
    saveUntil: Math.round(saveUntil),
    gatherUntil: Math.round(gatherUntil),
    reportUntil: end,
  };
}

/**
 * The budget of an earlier reporter, limited to plausible times: a job may have forged that record. No part of it lasts
 * longer than if the job were stopped now.
 */
export function boundedBudget(
  budget: TimeBudget,
  { graceMs, budgetMs }: TimeSettings,
  now: number,
): TimeBudget {
  // `stopAt` is in the past: if it is not, the clock was set back since.
  const ahead = Math.max(0, budget.stopAt - now);
  const killAt = Math.min(budget.killAt - ahead, now + graceMs);
  const saveUntil = Math.min(budget.saveUntil - ahead, killAt + limits.saveMs);
  const gatherUntil = Math.min(budget.gatherUntil - ahead, saveUntil + limits.gatherMs);
  const reportUntil = Math.min(budget.reportUntil - ahead, gatherUntil + budgetMs);
  return {
    reason: budget.reason,
    stopAt: budget.stopAt - ahead,
    killAt,
    saveUntil,
    gatherUntil,
    reportUntil,
  };
}
