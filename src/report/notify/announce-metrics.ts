import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { DeliveryError } from '../../base/delivery-error.ts';
import { messageOf } from '../../base/fault.ts';
import { httpAgent } from '../../base/http-request.ts';
import type { JobReport } from '../../observe/job-report.ts';
import type { TelemetrySettings } from '../../settings/destinations/telemetry-settings.ts';
import { version } from '../../version.ts';
import { durationSeconds } from './job-duration.ts';
import { telemetryResource } from './telemetry-resource.ts';

/** Sends the metrics that MultiFlexi itself records at the end of every job. @throws DeliveryError */
export async function announceMetrics(settings: TelemetrySettings, report: JobReport): Promise<void> {
  const exporter = openExporter(settings);
  try {
    const result = await send(exporter, await collect(settings, report));
    if (result.code === ExportResultCode.SUCCESS) return;
    throw failure(settings, result.error);
  } finally {
    await exporter.shutdown().catch(() => undefined); // It holds nothing back.
  }
}

async function collect(settings: TelemetrySettings, report: JobReport): Promise<ResourceMetrics> {
  const reader = new OneReading();
  const resource = resourceFromAttributes(telemetryResource(settings, report));
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('multiflexi-emissary', version);
  const attributes = {
    'multiflexi.job.verdict': report.verdict,
    'multiflexi.job.exit_code': report.exitCode,
  };
  meter.createCounter('multiflexi.jobs.total', { description: 'Jobs that have ended' }).add(1, attributes);
  const succeeded = report.verdict === 'succeeded';
  meter
    .createCounter('multiflexi.jobs.success', { description: 'Jobs that succeeded' })
    .add(succeeded ? 1 : 0, attributes);
  meter
    .createCounter('multiflexi.jobs.failed', { description: 'Jobs that failed' })
    .add(succeeded ? 0 : 1, attributes);
  const seconds = durationSeconds(report);
  if (seconds !== null) {
    const duration = { description: 'How long jobs run', unit: 's' };
    meter.createHistogram('multiflexi.job.duration', duration).record(seconds, attributes);
  }
  const { resourceMetrics } = await reader.collect();
  await provider.shutdown();
  return resourceMetrics;
}

/** A reader that collects on demand only. */
class OneReading extends MetricReader {
  protected override async onForceFlush(): Promise<void> {
    // It holds nothing back.
  }

  protected override async onShutdown(): Promise<void> {
    // There is nothing to close.
  }
}

/** Passes all settings explicitly: the library must not read environment variables itself. */
function openExporter(settings: TelemetrySettings): JsonExporter | ProtobufExporter {
  const options = {
    url: settings.url,
    headers: { ...settings.headers },
    timeoutMillis: settings.timeoutMs,
    httpAgentOptions: (protocol: string) => httpAgent(protocol, settings),
  };
  return settings.protocol === 'http/json' ? new JsonExporter(options) : new ProtobufExporter(options);
}

function send(exporter: JsonExporter | ProtobufExporter, metrics: ResourceMetrics): Promise<ExportResult> {
  return new Promise((resolve) => {
    exporter.export(metrics, resolve);
  });
}

function failure(settings: TelemetrySettings, error: Error | undefined): DeliveryError {
  const { host } = new URL(settings.url);
  // The library has already retried, as the protocol requires.
  const sentence = `Cannot send metrics to ${host}: ${error === undefined ? 'no reason given' : messageOf(error)}`;
  return new DeliveryError(sentence, { permanent: true, cause: error });
}
