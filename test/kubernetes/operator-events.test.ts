import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { operatorPlace } from '../helpers/operator.ts';
import { until } from '../helpers/until.ts';

interface Event {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data: { readonly phase: string; readonly reason: string; readonly attempt: number };
}

/** A sink of CloudEvents, which answers as the test says; null: it does not answer. */
async function startSink(t: TestContext, status: number | null) {
  const sink = { status, url: '', types: new Set<string>(), tried: 0, received: [] as Event[] };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      sink.tried += 1;
      if (sink.status === null) return;
      sink.types.add(request.headers['content-type'] ?? '');
      if (sink.status === 202) sink.received.push(JSON.parse(Buffer.concat(pieces).toString()));
      response.writeHead(sink.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return Object.assign(sink, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events` });
}

test('operator: each step of a job is a CloudEvent, across a sink that is away and a death of its own', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const sink = await startSink(t, 202);
  const options = ['--lease', '0', '--cloud-events', sink.url];
  const first = await place.start(options);
  await place.make('steps', '[ "$HOSTNAME" != steps-1 ] || exit 1; sleep 1', { retries: 1 });
  await until('the first steps are told', () => sink.received.length > 1);
  sink.status = 503;
  const { tried } = sink;
  const { phaseHistory = [] } = await place.phase('steps', 'Succeeded', 'Failed');
  await until('others are tried', () => sink.tried > tried);
  assert.notEqual((await place.job('steps'))?.metadata.finalizers, undefined);
  first.kill('SIGKILL');
  await first.finished;
  sink.status = 202;
  await place.start(options);
  await until('nothing holds it', async () => !(await place.job('steps'))?.metadata.finalizers);
  const events = [...new Map(sink.received.map((event) => [event.id, event])).values()];
  const { uid } = (await place.job('steps'))?.metadata ?? {};
  assert.deepEqual(
    events.map(({ id }) => id),
    phaseHistory.map(({ attempt, phase, time }) => `${uid}/${attempt}/${phase}/${Date.parse(time)}`),
  );
  assert.deepEqual(
    events.map(({ data: { phase, reason, attempt } }) => ({ phase, reason, attempt })),
    phaseHistory.map(({ phase, reason, attempt }) => ({ phase, reason, attempt })),
  );
  assert.equal(events.at(-1)?.type, 'emissary.multiflexi.eu.job.succeeded');
  assert.match(events[0]?.source ?? '', new RegExp(`/namespaces/${place.namespace}/emissaryjobs/steps$`));
  assert.deepEqual([...sink.types], ['application/cloudevents+json; charset=utf-8']);
});

test('operator: a sink that never answers keeps no job back, and holds resources for a while only', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const sink = await startSink(t, null);
  await place.start(['--lease', '0', '--cloud-events', sink.url], { EMISSARY_REPORT_SECONDS: '3' });
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const name of names) await place.make(name, 'exit 0');
  for (const name of names) await place.phase(name, 'Succeeded');
  for (const name of names)
    await until('nothing holds it', async () => !(await place.job(name))?.metadata.finalizers);
  assert.match(await place.kubectl('get', 'events'), /Warning +EventsNotSent +emissaryjob\/a/);
});
