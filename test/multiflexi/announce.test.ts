import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { collector } from '../helpers/collector.ts';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A Zabbix trapper. */
async function trapper(t: TestContext, failed = 0): Promise<{ address: string; received: unknown[] }> {
  const received: unknown[] = [];
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (piece) => {
      bytes = Buffer.concat([bytes, Buffer.from(piece)]);
      if (bytes.length < 13 || bytes.length < 13 + bytes.readUInt32LE(5)) return;
      assert.equal(bytes.subarray(0, 5).toString('latin1'), 'ZBXD\x01');
      received.push(JSON.parse(bytes.subarray(13).toString()));
      const answer = Buffer.from(`{"response":"success","info":"processed: 1; failed: ${failed}; total: 1"}`);
      const header = Buffer.from('ZBXD\x01\0\0\0\0\0\0\0\0', 'latin1');
      header.writeUInt32LE(answer.length, 5);
      socket.end(Buffer.concat([header, answer]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

test('OpenTelemetry receives the four metrics of a job, once', async (t) => {
  const job = reportedJob(t);
  const { url, received } = await collector(t);
  await runJob(t, ['sh', '-c', 'exit 3'], { root: job.root });
  const env = {
    ...job.env,
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-token=a%20token',
    OTEL_SERVICE_NAME: 'the-service',
    OTEL_TRACES_EXPORTER: 'none',
  };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal((await emissary(['report'], { root: job.root, env })).status, 0);
  assert.equal(received.length, 1);
  assert.deepEqual([received[0]?.path, received[0]?.token], ['/v1/metrics', 'a token']);
  const text = received[0]?.body.toString() ?? '';
  const { resourceMetrics } = JSON.parse(text) as {
    resourceMetrics: {
      scopeMetrics: {
        metrics: { name: string; sum?: { dataPoints: { asDouble?: number; asInt?: number }[] } }[];
      }[];
    }[];
  };
  const metrics = resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
  assert.deepEqual(
    metrics.map(({ name, sum }) => [name, sum?.dataPoints[0]?.asDouble ?? sum?.dataPoints[0]?.asInt]),
    [
      ['multiflexi.jobs.total', 1],
      ['multiflexi.jobs.success', 0],
      ['multiflexi.jobs.failed', 1],
      ['multiflexi.job.duration', undefined],
    ],
  );
  assert.ok(text.includes('the-service') && text.includes('job-7'));
});

test('OpenTelemetry receives protobuf by default', async (t) => {
  const job = reportedJob(t);
  const { url, received } = await collector(t);
  await runJob(t, ['true'], { root: job.root });
  const env = { ...job.env, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/own/path` };
  assert.equal((await emissary(['wait'], { root: job.root, env })).status, 0);
  assert.deepEqual([received[0]?.path, received[0]?.type], ['/own/path', 'application/x-protobuf']);
  assert.ok(received[0]?.body.includes('multiflexi.jobs.success'));
});

test('Zabbix receives one JSON value', async (t) => {
  const job = reportedJob(t);
  const { address, received } = await trapper(t);
  await runJob(t, ['sh', '-c', 'exit 3'], { root: job.root });
  const env = { ...job.env, ZABBIX_SERVER: address, ZABBIX_HOST: 'the host', ZABBIX_KEY: 'own.key' };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.deepEqual([status, stderr], [0, '']);
  const [{ request, data }] = received as [
    { request: string; data: { host: string; key: string; value: string }[] },
  ];
  assert.deepEqual(
    [request, data.length, data[0]?.host, data[0]?.key],
    ['sender data', 1, 'the host', 'own.key'],
  );
  const value = JSON.parse(data[0]?.value ?? '') as Record<string, unknown>;
  assert.deepEqual([value['jobId'], value['verdict'], value['exitCode']], [7, 'failed', 3]);
});

test('a telemetry failure is logged, and does not fail the report', async (t) => {
  const job = reportedJob(t);
  const { url } = await collector(t, 400);
  const { address } = await trapper(t, 1);
  await runJob(t, ['true'], { root: job.root });
  const env = { ...job.env, OTEL_EXPORTER_OTLP_ENDPOINT: url, ZABBIX_SERVER: address, ZABBIX_HOST: 'h' };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.equal(status, 0);
  assert.match(stderr, /Cannot send metrics to 127\.0\.0\.1:\d+/);
  assert.match(
    stderr,
    /Zabbix rejected the value for item multiflexi\.job of host h; check that it is a trapper item/,
  );
  assert.equal(job.row().exitcode, 0);
});

const wrongTelemetry: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{ ZABBIX_SERVER: 'zabbix' }, 'ZABBIX_SERVER is set, ZABBIX_HOST is not: Zabbix stores values by host'],
  [{ ZABBIX_SERVER: 'zabbix:99999', ZABBIX_HOST: 'h' }, 'ZABBIX_SERVER is not a host or host:port'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' },
    'OTEL_EXPORTER_OTLP_ENDPOINT is not an http:// or https:// address',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    'OTEL_EXPORTER_OTLP_PROTOCOL is neither http/protobuf nor http/json',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c:4318', OTEL_EXPORTER_OTLP_CERTIFICATE: '/etc/hostname' },
    'OTEL_EXPORTER_OTLP_CERTIFICATE: its file does not hold a certificate (PEM)',
  ],
];

test('an invalid telemetry setting is logged, and the job is reported without it', async (t) => {
  for (const [env, sentence] of wrongTelemetry) {
    const job = reportedJob(t);
    await runJob(t, ['true'], { root: job.root });
    const { status, stderr } = await emissary(['wait'], { root: job.root, env: { ...job.env, ...env } });
    assert.deepEqual([status, stderr], [0, `emissary: ${sentence}; the job is reported without it\n`]);
    assert.equal(job.row().exitcode, 0);
  }
});

test('EMISSARY_RESULTS_DIR receives logs, outputs and the result under the id of the job', async (t) => {
  const job = reportedJob(t);
  const results = temporaryVolume(t);
  const place = temporaryVolume(t);
  const path = join(place, 'table.csv');
  const template = { outputs: { artifacts: [{ name: 'a', path, archive: { none: {} } }] } };
  const { kept } = await runJob(t, ['sh', '-c', 'echo out; echo err >&2; echo 1,2 >"$0"', path], {
    root: job.root,
    template,
  });
  const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_DIR: results };
  const { status, stderr, stdout } = await emissary(['wait'], { root: job.root, env });
  assert.deepEqual([status, stderr, stdout.toString()], [0, '', '']);
  const read = (name: string) => readFileSync(join(results, '7', name), 'utf8');
  assert.deepEqual([read('ctr/main/stdout'), read('ctr/main/stderr')], ['out\n', 'err\n']);
  assert.equal(read(kept.result().outputs.artifacts[0]?.file ?? ''), '1,2\n');
  assert.deepEqual(JSON.parse(read('ctr/main/result.json')), kept.result());
  assert.equal((JSON.parse(read('report.json')) as { exitCode: number }).exitCode, 0);
  assert.ok(!existsSync(join(results, '7/ctr/main/alive')));
});
