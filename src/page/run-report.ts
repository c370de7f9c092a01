import { closeSync, fstatSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import type { JobReport } from '../observe/job-report.ts';
import { checkReport } from '../report/spool/report-schema.ts';
import type { RunHere } from './run-here.ts';

/** What the reporter has concluded. */
export interface RunReport {
  readonly value: JobReport;
  /** When everything was reported, else when the report was written: ms since 1970. */
  readonly until: number;
}

/** Reads the report: a volume, or the reporter's own directory, has it in its spool, a directory of results at its top. */
export function runReport({ volume, spool }: Pick<RunHere, 'volume' | 'spool'>): RunReport | null {
  const places = [
    [volume, ''],
    [spool ?? volume, 'report/'],
  ] as const;
  for (const [place, directory] of places) {
    const found = place.read(`${directory}report.json`, limits.resultBytes);
    if (found.kind !== 'read') continue;
    const value = checkReport(parsed(found.bytes));
    if (value === null) continue;
    const until = timeOf(place, `${directory}delivered.json`) ?? timeOf(place, `${directory}report.json`);
    return { value, until: until ?? Date.now() };
  }
  return null;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}

/** When a file was written; null: it is not there. */
function timeOf(place: Volume, path: string): number | null {
  const opened = place.openFile(path);
  if ('kind' in opened) return null;
  const { mtimeMs } = fstatSync(opened.descriptor);
  closeSync(opened.descriptor);
  return mtimeMs;
}
