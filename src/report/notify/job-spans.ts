import { limits } from '../../base/limits.ts';
import { shorten } from '../../base/shorten.ts';
import type { Initialized, Result } from '../../contract/records.ts';
import { newTraceId, type TraceContext, traceContext } from '../../contract/trace-context.ts';
import type { ContainerReport, JobReport } from '../../observe/job-report.ts';

/** One span, in the form of OTLP's JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** SPAN_KIND_INTERNAL. */
  readonly kind: 1;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: 1 | 2; readonly message?: string };
}

/** A name and a value, in the same form. */
export interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: string };
}

/** What the spans of a job are made of. All times are checked: a job may have written anything. */
export interface TracedJob {
  readonly report: JobReport;
  readonly initialized: Initialized | null;
  /** What the whole job hangs below; null: it is a trace of its own. */
  readonly parent: TraceContext | null;
  /** Ms since 1970. */
  readonly now: number;
}

/** The spans of a whole job: `job`, and below it `init`, `start`, `run` and `save` of each container, and `report`. */
export function jobSpans({ report, initialized, parent, now }: TracedJob): readonly Span[] {
  const traceId = parent?.traceId ?? newTraceId(32);
  const root = newTraceId(16);
  const below = (name: string, from: string | undefined, to: string | undefined, more: Partial<Span> = {}) =>
    span({ traceId, parentSpanId: root, ...more }, name, [timeOf(from, now), timeOf(to, now)]);
  const containers = report.containers.slice(0, limits.tracedContainers);
  const parts = [
    ...below('init', initialized?.startedAt, initialized?.finishedAt),
    ...containers.flatMap((container) => {
      const { result } = container;
      if (result === null) return [];
      const attributes = [text('multiflexi.container', container.name)];
      const [first] = result.attempts;
      return [
        ...below('start', result.begunAt, first?.startedAt ?? result.finishedAt, { attributes }),
        ...below('run', first?.startedAt, result.finishedAt, runOf(container, result, traceId)),
        ...below('save', result.finishedAt, result.sealedAt, { attributes }),
      ];
    }),
  ];
  const end = Math.max(0, ...parts.map(({ endTimeUnixNano }) => msOf(endTimeUnixNano)));
  const reported = end === 0 ? [] : span({ traceId, parentSpanId: root }, 'report', [end, now]);
  const begin = Math.min(now, ...parts.map(({ startTimeUnixNano }) => msOf(startTimeUnixNano)));
  const whole = { traceId, spanId: root, ...(parent !== null && { parentSpanId: parent.spanId }) };
  const about = {
    status: statusOf(report),
    attributes: [
      ...(report.jobId === null ? [] : [integer('multiflexi.job.id', report.jobId)]),
      ...outcome(report),
    ],
  };
  return [...span({ ...whole, ...about }, 'job', [begin, now]), ...parts, ...reported];
}

/** What the job was given as its parent is the span of its run, if it is in the same trace. */
function runOf(container: ContainerReport, result: Result, traceId: string): Partial<Span> {
  const given = traceContext(result.trace?.run);
  return {
    ...(given?.traceId === traceId && { spanId: given.spanId }),
    status: statusOf(container),
    attributes: [
      text('multiflexi.container', container.name),
      ...outcome(container),
      integer('multiflexi.job.attempts', result.attempts.length),
    ],
  };
}

type Times = readonly [from: number | null, to: number | null];

/** None without both times. An end before its begin (a clock was set back) is the begin. */
function span(
  of: Partial<Span> & { readonly traceId: string },
  name: string,
  [from, to]: Times,
): readonly Span[] {
  if (from === null || to === null) return [];
  const times = { startTimeUnixNano: nanos(from), endTimeUnixNano: nanos(Math.max(from, to)) };
  return [{ spanId: newTraceId(16), kind: 1, attributes: [], status: {}, ...of, name, ...times }];
}

/** Null if it is not known, or no time at which a job can have run. */
function timeOf(time: string | undefined, now: number): number | null {
  const ms = time === undefined ? Number.NaN : Date.parse(time);
  return ms >= limits.earliestMs ? Math.min(ms, now) : null;
}

function nanos(ms: number): string {
  return `${Math.round(ms)}000000`;
}

function msOf(nanoseconds: string): number {
  return Number(nanoseconds.slice(0, -'000000'.length));
}

type Ended = Pick<ContainerReport, 'verdict' | 'exitCode' | 'message'>;

function statusOf({ verdict, message }: Ended): Span['status'] {
  if (verdict === 'succeeded') return {};
  return { code: 2, ...(message !== null && { message: shorten(message) }) };
}

function outcome({ verdict, exitCode }: Ended): readonly Attribute[] {
  return [text('multiflexi.job.verdict', verdict), integer('multiflexi.job.exit_code', exitCode)];
}

function text(key: string, stringValue: string): Attribute {
  return { key, value: { stringValue } };
}

function integer(key: string, value: number): Attribute {
  return { key, value: { intValue: String(value) } };
}
