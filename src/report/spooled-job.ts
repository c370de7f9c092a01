import type { Started } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import type { JobReport } from './job-report.ts';
import { OutputLog } from './output-log.ts';
import type { Progress } from './sink.ts';

/** A job that has ended and was gathered by an earlier `wait`. */
export class SpooledJob implements Progress {
  readonly started: Started | null;
  report: JobReport;
  readonly output: OutputLog;

  /** @param rows of output at the most */
  constructor(volume: Volume, report: JobReport, rows: number) {
    this.started = report.started;
    this.report = report;
    const names = report.containers.map(({ name }) => name);
    this.output = new OutputLog(volume, names, { hasEnded: () => true, later: () => undefined, rows });
  }

  close(): void {
    this.output.close();
  }
}
