import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { collector, type Received } from '../helpers/collector.ts';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
}

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const TRACEPARENT = `00-${traceId}-${parentId}-01`;
const show = ['sh', '-c', 'echo "<$TRACEPARENT>"'];

function spansOf(received: readonly Received[]): readonly Span[] {
  const bodies = received
    .filter(({ path }) => path === '/v1/traces')
    .map(({ body }) => JSON.parse(body.toString()));
  return bodies.flatMap(({ resourceSpans }) => resourceSpans[0].scopeSpans[0].spans as Span[]);
}

/** Runs init, the job and the reporter. */
async function tracedJob(
  t: TestContext,
  command: readonly string[],
  env: { readonly init?: object; readonly run?: object; readonly wait?: object; readonly template?: object },
) {
  const job = reportedJob(t);
  const { url, received } = await collector(t);
  const template = { EMISSARY_TEMPLATE: JSON.stringify(env.template ?? {}) };
  assert.equal((await emissary(['init'], { root: job.root, env: { ...template, ...env.init } })).status, 0);
  const { kept, stdout } = await runJob(t, command, { root: job.root, env: { ...env.run } });
  const exporter = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_METRICS_EXPORTER: 'none' };
  const all = { ...job.env, ...exporter, ...env.wait };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env: all });
  assert.deepEqual([status, stderr], [0, '']);
  return { job, kept, received, stdout: stdout.toString(), spans: spansOf(received), env: all };
}

test('the spans of a job hang below its TRACEPARENT, and the job hangs below the span of its run', async (t) => {
  const own = { TRACEPARENT };
  const { spans, stdout } = await tracedJob(t, [...show.slice(0, 2), `${show[2]}; exit 3`], {
    init: own,
    run: own,
    wait: own,
  });
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['job', 'init', 'start', 'run', 'save', 'report'],
  );
  assert.ok(spans.every((span) => span.traceId === traceId));
  const [job, init, start, run, save, report] = spans;
  assert.equal(job?.parentSpanId, parentId);
  assert.ok(spans.slice(1).every(({ parentSpanId }) => parentSpanId === job?.spanId));
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, 6);
  assert.equal(stdout, `<00-${traceId}-${run?.spanId}-01>\n`);
  assert.deepEqual(
    [job?.status, run?.status],
    [
      { code: 2, message: 'The job exited with code 3' },
      { code: 2, message: 'The job exited with code 3' },
    ],
  );
  const times = [init, start, run, save, report].flatMap((span) => [
    Number(span?.startTimeUnixNano),
    Number(span?.endTimeUnixNano),
  ]);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.ok(times.every((time) => time > 1e18 && time < (Date.now() + 60_000) * 1e6));
});

test('the template can have the TRACEPARENT of a job', async (t) => {
  const { spans, stdout } = await tracedJob(t, show, {
    template: { multiflexi: { traceparent: TRACEPARENT } },
  });
  assert.equal(spans[0]?.parentSpanId, parentId);
  assert.ok(stdout.includes(`-${spans.find(({ name }) => name === 'run')?.spanId}-`));
  assert.ok(spans.some(({ name }) => name === 'init'));
});

test('without TRACEPARENT, a job is a trace of its own, and the job and the volume have none', async (t) => {
  const { spans, stdout, job, kept } = await tracedJob(t, show, {});
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['job', 'start', 'run', 'save', 'report'],
  );
  assert.equal(spans[0]?.parentSpanId, undefined);
  assert.match(spans[0]?.traceId ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(
    [stdout, existsSync(join(job.root, 'initialized')), kept.result().trace],
    ['<>\n', false, undefined],
  );
});

for (const [what, given] of [
  ['is not recorded', `00-${traceId}-${parentId}-00`],
  ['is invalid', 'not a trace'],
  ['has no ID', `00-${'0'.repeat(32)}-${parentId}-01`],
] as const) {
  test(`a job keeps a TRACEPARENT that ${what}`, async (t) => {
    const { spans, stdout } = await tracedJob(t, show, {
      run: { TRACEPARENT: given },
      wait: { TRACEPARENT: given },
    });
    assert.equal(stdout, `<${given}>\n`);
    assert.equal(spans.length, what === 'is not recorded' ? 0 : 5);
  });
}

test('the spans are sent once, with headers and resource, and not if that is switched off', async (t) => {
  const wait = {
    OTEL_EXPORTER_OTLP_HEADERS: 'x-token=a%20token',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment=test',
    OTEL_SERVICE_NAME: 'the-service',
  };
  const { job, received, env } = await tracedJob(t, ['true'], { wait });
  assert.equal((await emissary(['report'], { root: job.root, env })).status, 0);
  assert.equal(received.length, 1);
  const [{ type, token, body }] = received as [Received];
  assert.deepEqual([type, token], ['application/json', 'a token']);
  for (const text of ['the-service', 'deployment', 'job-7']) assert.ok(body.includes(text), text);
  for (const off of [{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }])
    assert.equal((await tracedJob(t, ['true'], { wait: off })).received.length, 0);
});

test('the endpoint of traces can be its own', async (t) => {
  const other = await collector(t);
  const wait = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${other.url}/own/path` };
  const { received } = await tracedJob(t, ['true'], { wait });
  assert.deepEqual([received.length, other.received.map(({ path }) => path)], [0, ['/own/path']]);
});

async function silentServer(t: TestContext): Promise<string> {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a collector that refuses, is silent or is not there does not fail the report', async (t) => {
  const refusing = await collector(t, 500);
  for (const [url, reason] of [
    [refusing.url, /answered with 500/],
    [await silentServer(t), /Cannot send the trace/],
    ['http://127.0.0.1:9', /Cannot send the trace/],
  ] as const) {
    const job = reportedJob(t);
    await runJob(t, ['sh', '-c', 'exit 3'], { root: job.root });
    const env = { ...job.env, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url };
    const { status, stderr } = await emissary(['wait'], { root: job.root, env });
    assert.deepEqual([status, job.row().exitcode], [0, 3], stderr);
    assert.match(stderr, reason);
  }
});

test('forged times and IDs on the volume make no invalid span', async (t) => {
  const job = reportedJob(t);
  const { url, received } = await collector(t);
  const { kept } = await runJob(t, ['true'], { root: job.root, env: { TRACEPARENT } });
  const forged = {
    ...kept.result(),
    begunAt: '1970-01-01T00:00:00.000Z',
    sealedAt: '9999-01-01T00:00:00.000Z',
    trace: { parent: '00-x-y-01', run: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` },
  };
  writeFileSync(kept.path('result.json'), JSON.stringify(forged));
  writeFileSync(join(job.root, 'initialized'), readFileSync('/bin/sh'));
  const env = { ...job.env, TRACEPARENT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces` };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.deepEqual([status, stderr], [0, '']);
  const spans = spansOf(received);
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['job', 'run', 'save', 'report'],
  );
  assert.ok(spans.every((span) => span.traceId === traceId && span.spanId !== '2'.repeat(16)));
  for (const { startTimeUnixNano, endTimeUnixNano } of spans)
    assert.ok(
      Number(startTimeUnixNano) <= Number(endTimeUnixNano) && Number(endTimeUnixNano) <= Date.now() * 1e6,
    );
});

test('launch passes its TRACEPARENT on, and its reporter sends the trace', async (t) => {
  const job = reportedJob(t);
  const { url, received } = await collector(t);
  const env = {
    ...job.env,
    TMPDIR: temporaryVolume(t),
    TRACEPARENT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`,
  };
  const { status, stdout, stderr } = await emissary(['launch', '--', ...show], { env });
  assert.equal(status, 0, stderr);
  const spans = spansOf(received);
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['job', 'init', 'start', 'run', 'save', 'report'],
  );
  assert.equal(stdout.toString(), `<00-${traceId}-${spans[3]?.spanId}-01>\n`);
});
