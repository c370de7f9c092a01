import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a MultiFlexi report says besides who made it and when. */
export interface Report {
  readonly status: 'success' | 'warning' | 'error';
  readonly message: string;
  /** Paths by the artifact's name. */
  readonly artifacts: Readonly<Record<string, readonly string[]>>;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Writes the report of a MultiFlexi application (https://multiflexi.eu/schema/report.json). */
export async function writeReport(file: string, report: Report): Promise<void> {
  const { status, message, artifacts, metrics } = report;
  const timestamp = new Date().toISOString();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify({ producer: 'licence-audit', status, timestamp, message, artifacts, metrics }, null, 2)}\n`,
  );
}
