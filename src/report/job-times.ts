import { limits } from '../base/limits.ts';
import type { JobReport } from '../observe/job-report.ts';
import type { Progress } from './sink.ts';
import type { Spool } from './spool/spool.ts';

/** The spool's record of when it was found that the job had ended, where its own records do not tell. */
const foundRecord = 'found-at.json';

/**
 * When the job began, by its own records; null when they do not tell. Ms since 1970, never in the future: a job can write
 * anything there, and no database shall refuse a row for it.
 */
export function beginOf({ started, report }: Progress): number | null {
  const attempts = report?.containers.flatMap(({ result }) => result?.attempts[0]?.startedAt ?? []) ?? [];
  const times = [started?.startedAt, report?.started?.startedAt, ...attempts].flatMap(plausible);
  return times.length === 0 ? null : Math.min(...times);
}

/**
 * When the job ended, by its own records, and where one of them is missing, when that was found. Ms since 1970, never
 * before the begin, since a clock can be set back, and never in the future.
 *
 * @param spool remembers when it was found, for whoever reports the job later
 */
export function endOf(report: JobReport, begin: number | null, spool: Spool): number {
  return Math.max(begin ?? 0, recordedEnd(report) ?? foundAt(spool));
}

/** To be called when the job has ended: where its own records do not tell when, this is when it was found. */
export function rememberEnd(report: JobReport, spool: Spool): void {
  if (recordedEnd(report) === null) foundAt(spool);
}

/** The last end of a container; null where one of them has none. */
function recordedEnd({ containers }: JobReport): number | null {
  const ends = containers.map(
    ({ finishedAt, result }) => plausible(finishedAt ?? result?.finishedAt)[0] ?? null,
  );
  const known = ends.filter((time) => time !== null);
  return known.length > 0 && known.length === ends.length ? Math.max(...known) : null;
}

function foundAt(spool: Spool): number {
  const { at } = (spool.readRecord(foundRecord) ?? {}) as { readonly at?: unknown };
  const [kept] = typeof at === 'number' ? within(at) : [];
  if (kept !== undefined) return kept;
  const now = Date.now();
  spool.writeRecord(foundRecord, { at: now });
  return now;
}

function plausible(time: string | null | undefined): readonly number[] {
  return time === undefined || time === null ? [] : within(Date.parse(time));
}

function within(ms: number): readonly number[] {
  return ms >= limits.earliestMs ? [Math.min(ms, Date.now())] : [];
}
