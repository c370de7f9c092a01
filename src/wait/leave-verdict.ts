import { writeFileSync } from 'node:fs';
import { reasonOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import type { JobReport } from '../observe/job-report.ts';

/**
 * Leaves how the job ended as the container's last words, for whoever sees nothing but its status: one JSON object. Kubernetes
 * keeps 4 KiB of it.
 */
export function leaveVerdict(file: string | null, report: JobReport): void {
  if (file === null) return;
  const { verdict, exitCode, message } = report;
  const short = message === null ? null : message.slice(0, limits.terminationCharacters);
  try {
    writeFileSync(file, JSON.stringify({ verdict, exitCode, message: short }));
  } catch (error) {
    log(`Cannot write the termination log: ${reasonOf(error)}`);
  }
}
