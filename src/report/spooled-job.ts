import type { Started } from '../contract/records.ts';
import type { JobReport } from './job-report.ts';
import { OutputLog } from './output-log.ts';
import type { Progress } from './sink.ts';
import type { Spool } from './spool.ts';
import { StreamBounds } from './stream-bounds.ts';

/** A job that has ended and was gathered by an earlier `wait`. */
export class SpooledJob implements Progress {
  readonly started: Started | null;
  readonly report: JobReport;
  readonly output: OutputLog;

  constructor(spool: Spool, report: JobReport, logLimit: number) {
    this.started = report.started;
    this.report = report;
    const names = report.containers.map(({ name }) => name);
    const results = new Map(report.containers.map(({ name, result }) => [name, result]));
    const bounds = new StreamBounds(logLimit, (name) => results.get(name) ?? null);
    this.output = new OutputLog(spool.volume, names, () => true, spool.home, bounds);
  }

  close(): void {
    this.output.close();
  }
}
