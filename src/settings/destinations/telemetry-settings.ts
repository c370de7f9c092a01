import { Fault } from '../../base/fault.ts';
import type { HttpProxy } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import type { Environment } from '../cli/environment.ts';
import { proxyFor } from '../proxy.ts';
import { authorities } from './authorities.ts';

/** What is sent, as in the names of OpenTelemetry's variables. */
export type TelemetrySignal = 'METRICS' | 'TRACES';

/**
 * Where metrics or traces are sent, from OpenTelemetry's own variables
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
 */
export interface TelemetrySettings {
  /** The full URL of the endpoint. */
  readonly url: string;
  /** Of metrics; traces are always JSON. */
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly serviceName: string;
  readonly resource: Readonly<Record<string, string>>;
  /** The PEM text of a custom certificate authority, or null. */
  readonly authority: string | null;
  /** The proxy to the endpoint; null = none. */
  readonly proxy: HttpProxy | null;
}

/**
 * The endpoint of one signal, or null if none is set or `OTEL_SDK_DISABLED` is true.
 *
 * @throws Fault `usage`; values that may contain a token are not shown
 */
export function telemetrySettings(
  environment: Environment,
  signal: TelemetrySignal,
): TelemetrySettings | null {
  const url = endpoint(environment, signal);
  if (url === null || environment.get('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return null;
  if (environment.get(`OTEL_${signal}_EXPORTER`) === 'none') return null;
  const own = (name: string) =>
    environment.get(`OTEL_EXPORTER_OTLP_${signal}_${name}`, `OTEL_EXPORTER_OTLP_${name}`);
  const certificate = own('CERTIFICATE');
  return {
    url,
    protocol: protocolOf(own('PROTOCOL') ?? 'http/protobuf'),
    headers: pairs(own('HEADERS') ?? '', 'OTEL_EXPORTER_OTLP_HEADERS'),
    timeoutMs: timeout(own('TIMEOUT')),
    serviceName: environment.get('OTEL_SERVICE_NAME') ?? 'multiflexi-emissary',
    resource: pairs(environment.get('OTEL_RESOURCE_ATTRIBUTES') ?? '', 'OTEL_RESOURCE_ATTRIBUTES'),
    authority: certificate === null ? null : authorities(certificate, 'OTEL_EXPORTER_OTLP_CERTIFICATE'),
    proxy: proxyFor(new URL(url), environment),
  };
}

function endpoint(environment: Environment, signal: TelemetrySignal): string | null {
  const whole = environment.get(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
  const base = environment.get('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (whole === null && base === null) return null;
  const name = whole === null ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`;
  const text = whole ?? `${base?.replace(/\/+$/, '')}/v1/${signal.toLowerCase()}`;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new Fault('usage', `${name} is not an http:// or https:// address`);
  }
  return text;
}

function protocolOf(text: string): TelemetrySettings['protocol'] {
  if (text === 'http/protobuf' || text === 'http/json') return text;
  throw new Fault('usage', 'OTEL_EXPORTER_OTLP_PROTOCOL is neither http/protobuf nor http/json');
}

function timeout(text: string | null): number {
  if (text === null) return limits.telemetryMs;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new Fault('usage', 'OTEL_EXPORTER_OTLP_TIMEOUT is not a number of milliseconds');
}

/** `name=value,name=value`, values percent-encoded (W3C Baggage). */
function pairs(text: string, source: string): Readonly<Record<string, string>> {
  const entries = text.split(',').filter((part) => part.trim() !== '');
  return Object.fromEntries(
    entries.map((part) => {
      const equals = part.indexOf('=');
      if (equals < 1) throw new Fault('usage', `${source} is not of the form name=value,name=value`);
      return [part.slice(0, equals).trim(), decode(part.slice(equals + 1).trim())];
    }),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A literal %: the text is not encoded.
  }
}
