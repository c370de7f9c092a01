import type { JobReport } from '../../observe/job-report.ts';
import type { TelemetrySettings } from '../../settings/destinations/telemetry-settings.ts';
import { version } from '../../version.ts';

/** What OpenTelemetry calls the resource: whose metrics and spans these are. */
export function telemetryResource(
  { serviceName, resource }: TelemetrySettings,
  { jobId }: JobReport,
): Readonly<Record<string, string>> {
  return {
    'service.name': serviceName,
    'service.version': version,
    // The counter of one job only makes sense as its own series.
    'service.instance.id': `job-${jobId ?? 'unknown'}`,
    ...resource,
  };
}
