import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { freePort } from '../helpers/free-port.ts';
import { operatorPlace } from '../helpers/operator.ts';
import {
  askPage,
  basic,
  mayGetJobs,
  mayGetLogs,
  operatorPages,
  viewerToken,
} from '../helpers/operator-pages.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { webhookPlace } from '../helpers/webhook.ts';

test('operator --page shows a job to who may get it and its log, and to nobody else', async (t) => {
  const pages = await operatorPages(t);
  if (pages === null) return;
  const { place, ask } = pages;
  await place.make('shown', 'echo "</script>one"; echo two >&2; sleep 1000');
  await place.phase('shown', 'Executing');
  const path = `/${place.namespace}/shown`;
  const viewer = await viewerToken(t, place, 'viewer', [mayGetJobs, mayGetLogs]);
  const statusOf = async (authorization?: string, at = path) => (await ask(at, authorization)).status;
  assert.equal(await statusOf(`Bearer ${viewer}`), 200);
  assert.equal(await statusOf(basic(viewer), `${path}/`), 200);
  assert.equal(await statusOf(`Bearer ${await viewerToken(t, place, 'no-log', [mayGetJobs])}`), 403);
  assert.equal(await statusOf(`Bearer ${await viewerToken(t, place, 'no-job', [mayGetLogs])}`), 403);
  const [head = '', body = '', sign = ''] = viewer.split('.');
  const forged = `${head}.${body}.${sign.split('').toReversed().join('')}`;
  for (const authorization of [
    undefined,
    '',
    'Bearer',
    'Bearer x',
    `Bearer ${forged}`,
    basic(''),
    'Basic %%',
    `Digest ${viewer}`,
  ]) {
    const { status, headers, text } = await ask(path, authorization);
    assert.equal(status, 401, String(authorization));
    assert.match(String(headers['www-authenticate']), /^Basic realm=/);
    assert.doesNotMatch(text, /shown|one/);
  }
  for (const at of [
    '/',
    `/${place.namespace}/absent`,
    `${path}/log`,
    '/default/shown',
    `/${place.namespace}/..%2Fx`,
    '//',
    '/%',
  ])
    assert.ok([403, 404].includes(await statusOf(`Bearer ${viewer}`, at)), at);
  assert.equal((await ask(path, `Bearer ${viewer}`, 'POST')).status, 405);
  const { headers } = await ask(path, `Bearer ${viewer}`);
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-frame-options'], 'DENY');
  await place.kubectl('delete', 'rolebinding', 'viewer');
  await until(
    'a right that was taken away is gone',
    async () => (await statusOf(`Bearer ${viewer}`)) === 403,
  );
});

test('operator --page without a certificate of its own has that of the webhook', async (t) => {
  const place = await webhookPlace(t);
  if (place === null) return;
  const port = await freePort();
  const running = await place.start({ options: ['--page', String(port)] });
  await until('pages are served', () => running.stderr().includes(`Pages are served on port ${port}`));
  const { cluster, own } = place;
  const path = 'jsonpath={.data.ca\\.crt}';
  const secret = ['--namespace', own, 'get', 'secret', 'multiflexi-emissary-webhook', '--output', path];
  const ca = Buffer.from((await cluster.kubectl(secret)).stdout, 'base64').toString();
  const { status } = await askPage(new Agent({ ca }), port, {
    path: '/',
    authorization: undefined,
    method: 'GET',
  });
  assert.equal(status, 401);
  // Without the right to ask who somebody is, nobody is anybody.
  const refused = await askPage(new Agent({ ca }), port, {
    path: '/',
    authorization: 'Bearer x',
    method: 'GET',
  });
  assert.equal(refused.status, 503);
});

test('operator --page needs a certificate that can be used', async (t) => {
  const directory = temporaryVolume(t);
  writeFileSync(join(directory, 'tls.crt'), 'x');
  writeFileSync(join(directory, 'tls.key'), 'x');
  for (const [options, text] of [
    [['--page', '1'], /^emissary: --page needs a certificate: --page-tls, /],
    [['--page', 'x', '--page-tls', '/x'], /^emissary: --page must be the number of a port/],
    [['--page', '1', '--page-tls', 'x'], /^emissary: --page-tls is not an absolute path/],
  ] as const) {
    const { status, stderr } = await emissary(['operator', ...options]);
    assert.equal(status, 64);
    assert.match(stderr, text);
  }
  const place = await operatorPlace(t);
  if (place === null) return;
  const running = place.startWaiting([
    '--lease',
    '0',
    '--page',
    String(await freePort()),
    '--page-tls',
    directory,
  ]);
  assert.equal((await running.finished).status, 64);
  assert.match(running.stderr(), /Cannot use the certificate of the pages in /);
});
