import type { Started } from '../../contract/records.ts';
import type { JobReport } from '../../observe/job-report.ts';
import { StreamBounds } from '../../observe/stream-bounds.ts';
import type { Progress } from '../sink.ts';
import { OutputLog } from './output-log.ts';
import type { OutputBounds } from './output-log-options.ts';
import type { Spool } from './spool.ts';

/** An ended job whose report an earlier `wait` has left in the spool. */
export class SpooledJob implements Progress {
  readonly started: Started | null;
  report: JobReport;
  readonly output: OutputLog;

  constructor(spool: Spool, report: JobReport, bounds: OutputBounds) {
    this.started = report.started;
    this.report = report;
    const names = report.containers.map(({ name }) => name);
    const resultOf = (name: string) =>
      this.report.containers.find((container) => container.name === name)?.result ?? null;
    this.output = new OutputLog(spool.volume, names, {
      home: spool.home,
      hasEnded: () => true,
      later: () => undefined,
      rows: bounds.outputRows,
      streams: new StreamBounds(bounds.logLimit, resultOf),
    });
  }

  close(): void {
    this.output.close();
  }
}
