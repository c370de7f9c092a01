import { limits } from '../base/limits.ts';
import type { JobReport } from '../observe/job-report.ts';
import type { Progress } from './sink.ts';
import type { SpoolRecords } from './spool/spool-records.ts';

/** The spool's record of when the job was found to have ended, if the job's own records do not contain it. */
const foundRecord = 'found-at.json';

/**
 * When the job began, by its own records; null if they do not contain it. Ms since 1970, never in the future: a job can
 * write anything there, and that must not make a database reject the row.
 */
export function beginOf({ started, report }: Pick<Progress, 'started' | 'report'>): number | null {
  const attempts = report?.containers.flatMap(({ result }) => result?.attempts[0]?.startedAt ?? []) ?? [];
  const times = [started?.startedAt, report?.started?.startedAt, ...attempts].flatMap(plausible);
  return times.length === 0 ? null : Math.min(...times);
}

/**
 * When the job ended, by its own records, or, if one of them is missing, when that was found. Ms since 1970, never before
 * the begin, since a clock can be set back, and never in the future.
 *
 * @param spool keeps when it was found, for later reports of the job
 */
export function endOf(report: JobReport, begin: number | null, spool: SpoolRecords): number {
  return Math.max(begin ?? 0, recordedEnd(report) ?? foundAt(spool));
}

/** To be called when the job has ended: keeps the current time if the job's own records do not contain its end. */
export function rememberEnd(report: JobReport, spool: SpoolRecords): void {
  if (recordedEnd(report) === null) foundAt(spool);
}

/** The last end of a container; null if one of them has none. */
function recordedEnd({ containers }: JobReport): number | null {
  const ends = containers.map(
    ({ finishedAt, result }) => plausible(finishedAt ?? result?.finishedAt)[0] ?? null,
  );
  const known = ends.filter((time) => time !== null);
  return known.length > 0 && known.length === ends.length ? Math.max(...known) : null;
}

function foundAt(spool: SpoolRecords): number {
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
