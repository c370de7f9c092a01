/** A place in a trace, as the variable TRACEPARENT has it (https://www.w3.org/TR/trace-context/#traceparent-header). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span that others hang below, 16 hexadecimal digits. */
  readonly spanId: string;
}

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,400})?$/;

/** Parses TRACEPARENT; null if it is invalid, or says that the trace is not recorded: then there are no spans. */
export function traceContext(text: string | null | undefined): TraceContext | null {
  const [, version = '', traceId = '', spanId = '', flags = '', more] = shape.exec(text ?? '') ?? [];
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  return isSampled ? { traceId, spanId } : null;
}

/** Whether a TRACEPARENT is valid, and says that the trace is not recorded. */
export function isUnrecorded(text: string | null | undefined): boolean {
  if (traceContext(text) !== null) return false;
  return traceContext(text?.replace(/^(.{53})[0-9a-f]{2}/, (_, ids: string) => `${ids}01`)) !== null;
}

/** The text of a TRACEPARENT. */
export function traceParent({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** A new ID of a span (16 digits) or of a trace (32). As OpenTelemetry's own: they only have to differ. */
export function newTraceId(digits: 16 | 32): string {
  let text = '';
  while (text.length < digits)
    text += Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return /^0+$/.test(text) ? newTraceId(digits) : text;
}
