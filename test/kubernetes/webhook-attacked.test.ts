import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { peakBytes } from '../helpers/peak-memory.ts';
import { until } from '../helpers/until.ts';
import { injectLabel, podOf, type WebhookPlace, webhookPlace } from '../helpers/webhook.ts';

const labels = { [injectLabel]: 'true' };
/** Of this machine, too, but none that the API server asks from. */
const attacker = '127.0.0.2';
const MiB = 1024 ** 2;

/** What was answered; 0: the connection was closed. */
interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends a request to the webhook, as anybody can who reaches its port. */
function ask(port: number, body: string, of: { readonly isLeftOpen?: boolean } = {}): Promise<Answer> {
  const options = { method: 'POST', path: '/mutate', rejectUnauthorized: false, localAddress: attacker };
  return new Promise((resolve) => {
    const asked = request({ ...options, host: '127.0.0.1', port, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString() }),
      );
      answer.on('error', () => resolve({ status: 0, text: '' }));
    });
    asked.on('error', () => resolve({ status: 0, text: '' }));
    asked.on('close', () => resolve({ status: 0, text: '' }));
    if (of.isLeftOpen === true) asked.write(body);
    else asked.end(body);
  });
}

function review(object: unknown, more: object = {}): string {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const request = { uid: 'u', kind, operation: 'CREATE', namespace: 'n', object, ...more };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
}

/** Whether a pod is wrapped that is made like any other. */
async function wraps(place: WebhookPlace): Promise<boolean> {
  const dry = ['--dry-run=server', '--output=json'];
  const { stdout } = await place.tryApply(dry, podOf('fine', 'exit 0', {}, { labels }));
  return stdout.includes('emissary-reporter');
}

const one = { name: 'job', image: 'x', command: ['true'] };
const spec = { restartPolicy: 'Never', containers: [one] };
const metadata = { labels };

test('webhook: a broken AdmissionReview is answered, changes nothing and ends nothing', async (t) => {
  const place = await webhookPlace(t);
  if (place === null) return;
  const operator = await place.start();
  const port = place.ports[0] ?? 0;
  const none = [
    '',
    '{',
    '[]',
    'null',
    '"text"',
    '{"request":null}',
    '{"request":{"uid":1}}',
    '\u0000\n\u001b[2J',
  ];
  const nested = `${'['.repeat(MiB)}${']'.repeat(MiB)}`;
  for (const body of [...none, nested, `{"request":${nested}}`, 'x'.repeat(5 * MiB)]) {
    const { status } = await ask(port, body);
    assert.ok([0, 400, 413].includes(status), `${status} for ${body.slice(0, 40)}`);
  }
  const odd: readonly unknown[] = [
    null,
    [],
    { spec: null },
    { spec: { containers: {} } },
    { metadata: null, spec },
    { metadata: { labels: null, annotations: null }, spec },
    { metadata, spec: { ...spec, containers: [null] } },
    { metadata, spec: { ...spec, containers: [] } },
    { metadata, spec: { ...spec, containers: [{}] } },
    { metadata, spec: { ...spec, containers: [{ ...one, env: null, volumeMounts: null }] } },
    { metadata, spec: { ...spec, containers: [{ ...one, env: [null], volumeMounts: [{}] }] } },
    { metadata, spec: { ...spec, containers: [{ name: 'job', image: 7 }] } },
    { metadata, spec: { ...spec, volumes: [null], initContainers: 'x', imagePullSecrets: [null] } },
    { metadata: { labels, annotations: { 'emissary.multiflexi.eu/template': 7 } }, spec },
    { metadata: { labels, annotations: { 'emissary.multiflexi.eu/template': '{"' } }, spec },
    { metadata: { labels, annotations: { 'emissary.multiflexi.eu/job-id': '1\n2"' } }, spec },
    { metadata: { labels, annotations: [], name: 7 }, spec: { ...spec, nodeSelector: null, os: null } },
    JSON.parse(
      `{"__proto__":{"spec":1},"metadata":${JSON.stringify(metadata)},"spec":{"__proto__":{"a":1}}}`,
    ),
  ];
  for (const object of odd) {
    const { status, text } = await ask(port, review(object));
    assert.equal(status, 200, `${JSON.stringify(object)}: ${operator.stderr()}`);
    assert.equal(JSON.parse(text).response.allowed, true);
  }
  assert.equal(
    JSON.parse((await ask(port, review({ metadata, spec }))).text).response.patchType,
    'JSONPatch',
  );
  for (const line of operator.stderr().trim().split('\n')) assert.match(line, /^emissary: [^\u001b]*$/);
  assert.ok(await wraps(place));
});

test('webhook: whoever sends much at once fills no memory, and keeps the API server from nothing', async (t) => {
  const place = await webhookPlace(t);
  if (place === null) return;
  const operator = await place.start();
  const port = place.ports[0] ?? 0;
  assert.ok(await wraps(place));
  const pid = operator.process.pid ?? 0;
  const before = peakBytes(pid);
  const many = review({ metadata, spec: { ...spec, containers: [one], more: Array(1_200_000).fill({}) } });
  assert.ok(many.length > 3 * MiB && many.length < 4 * MiB);
  // They are never sent to their end.
  const statuses: number[] = [];
  const answers = Array.from({ length: 60 }, async () => {
    statuses.push((await ask(port, many.slice(0, -1), { isLeftOpen: true })).status);
  });
  await until('most are refused', () => statuses.length > 40);
  assert.ok(await wraps(place), operator.stderr());
  await Promise.all(answers);
  const grown = (peakBytes(pid) - before) / MiB;
  t.diagnostic(`${Math.round(grown)} MiB`);
  assert.ok(grown < 120, `${grown} MiB`);
  assert.ok(await wraps(place), operator.stderr());
});

test('webhook: few registries are asked at once, for a short time, whoever names them', async (t) => {
  const place = await webhookPlace(t);
  if (place === null) return;
  await place.start();
  const silent = await silentServer(t);
  const image = `127.0.0.1:${silent.port}/x:1`;
  const secrets = Array.from({ length: 20_000 }, (_, index) => ({ name: `s${index}` }));
  const object = {
    metadata,
    spec: { ...spec, imagePullSecrets: secrets, containers: [{ name: 'job', image }] },
  };
  const asked = review(object, { namespace: place.namespace });
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(place.ports[0] ?? 0, asked)));
  for (const { status, text } of answers) {
    if (status === 200) assert.match(JSON.parse(text).response.warnings[0], /not wrapped/);
    else assert.equal(status, 503);
  }
  t.diagnostic(`${silent.most()} at once`);
  assert.ok(silent.most() > 0 && silent.most() <= 16, String(silent.most()));
  assert.ok(await wraps(place));
});

/** A server that takes connections, and never answers. */
async function silentServer(t: TestContext): Promise<{ readonly port: number; most(): number }> {
  let open = 0;
  let most = 0;
  const server = createServer((socket) => {
    open += 1;
    most = Math.max(most, open);
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      open -= 1;
    });
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => server.close());
  return { port: (server.address() as AddressInfo).port, most: () => most };
}
