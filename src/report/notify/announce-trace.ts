import { messageOf } from '../../base/fault.ts';
import { httpRequest } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { isUnrecorded, traceContext } from '../../contract/trace-context.ts';
import type { JobReport } from '../../observe/job-report.ts';
import { readTemplate } from '../../observe/read-template.ts';
import { parseInitialized } from '../../observe/result-schema.ts';
import type { TelemetrySettings } from '../../settings/destinations/telemetry-settings.ts';
import { version } from '../../version.ts';
import type { Spool } from '../spool/spool.ts';
import { jobSpans } from './job-spans.ts';
import { telemetryResource } from './telemetry-resource.ts';

const sentRecord = 'trace-sent.json';

/** The trace that a job belongs to, and where its spans go. */
export interface TraceSettings {
  readonly traces: TelemetrySettings;
  /** The reporter's own TRACEPARENT, or null. */
  readonly traceparent: string | null;
}

/**
 * Sends the spans of a job that has been reported, once. Best effort: a failure is logged, and changes nothing.
 * @param limitMs how long it may take
 */
export async function announceTrace(
  settings: TraceSettings,
  report: JobReport,
  { spool, limitMs }: { readonly spool: Spool; readonly limitMs: number },
): Promise<void> {
  if (spool.readRecord(sentRecord) !== null) return;
  try {
    const parents = await parentsOf(settings, report, spool);
    if (isUnrecorded(parents[0])) return;
    const spans = jobSpans({
      report,
      initialized: initializedOf(spool),
      parent: parents.map(traceContext).find((each) => each !== null) ?? null,
      now: Date.now(),
    });
    const attributes = Object.entries(telemetryResource(settings.traces, report)).map(
      ([key, stringValue]) => ({
        key,
        value: { stringValue },
      }),
    );
    const scope = { name: 'multiflexi-emissary', version };
    const whole = { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope, spans }] }] };
    await post(settings.traces, JSON.stringify(whole), limitMs);
    spool.writeRecord(sentRecord, { sentAt: new Date().toISOString() });
  } catch (error) {
    log(`Cannot send the trace to ${new URL(settings.traces.url).host}: ${messageOf(error)}`);
  }
}

/** The first one counts that is valid: the reporter's own, the template's, or what a wrapper was given. */
async function parentsOf(
  { traceparent }: TraceSettings,
  { containers }: JobReport,
  spool: Spool,
): Promise<readonly string[]> {
  const template = await readTemplate(spool.volume).catch(() => null);
  const recorded = containers.map(({ result }) => result?.trace?.parent);
  return [traceparent, template?.multiflexi.traceparent, ...recorded].filter((each) => each != null);
}

function initializedOf({ volume }: Spool) {
  const found = volume.read('initialized', limits.initializedBytes);
  return found.kind === 'read' ? parseInitialized(found.bytes) : null;
}

async function post(settings: TelemetrySettings, body: string, limitMs: number): Promise<void> {
  const { headers, proxy, authority } = settings;
  const ms = Math.max(0, Math.min(limitMs, limits.traceMs, settings.timeoutMs));
  const answer = await httpRequest(new URL(settings.url), {
    headers: { ...headers, 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(ms),
    proxy,
    authority,
  });
  const { statusCode = 0 } = answer;
  answer.destroy();
  if (statusCode < 200 || statusCode > 299) throw new Error(`the server answered with ${statusCode}`);
}
