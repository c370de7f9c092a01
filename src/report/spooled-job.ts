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

  constructor(volume: Volume, report: JobReport) {
    this.started = report.started;
    this.report = report;
    const names = report.containers.map(({ name }) => name);
    this.output = new OutputLog(volume, names, () => true);
  }

  close(): void {
    this.output.close();
  }
}
