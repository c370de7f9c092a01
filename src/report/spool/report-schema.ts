import * as z from 'zod/mini';
import { containerNamePattern } from '../../contract/container-name.ts';
import type { JobReport } from '../../observe/job-report.ts';
import { exitCodeSchema, resultSchema, startedSchema } from '../../observe/result-schema.ts';

const verdict = z.enum(['succeeded', 'failed', 'terminated', 'timedOut', 'skipped', 'error', 'lost']);
const processId = z.nullable(z.int().check(z.nonnegative()));
const containerName = z.string().check(z.regex(containerNamePattern));

const container = z.object({
  name: containerName,
  verdict,
  exitCode: exitCodeSchema,
  message: z.nullable(z.string()),
  pid: processId,
  result: z.nullable(resultSchema),
  // Earlier versions did not write these.
  finishedAt: z._default(z.nullable(z.string()), null),
  doubt: z._default(z.nullable(z.string()), null),
});

const report = z.object({
  version: z.literal(1),
  jobId: z.nullable(z.int().check(z.positive())),
  verdict,
  exitCode: exitCodeSchema,
  message: z.nullable(z.string()),
  pid: processId,
  started: z.nullable(startedSchema),
  containers: z.array(container),
});

/** Validates a JobReport; null if the value is not one. */
export function checkReport(value: unknown): JobReport | null {
  const checked = report.safeParse(value);
  return checked.success ? checked.data : null;
}
