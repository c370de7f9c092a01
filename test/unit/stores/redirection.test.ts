import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { httpGet, Redirection } from '../../../src/stores/http/http-get.ts';
import { makeCertificate } from '../../helpers/certificate.ts';
import { requireProgram } from '../../helpers/require.ts';

test('fetching follows a redirection to https:// but not from https:// to http://', async (t) => {
  if (!requireProgram(t, 'openssl')) return;
  const own = makeCertificate(t, 'IP:127.0.0.1');
  const usual = getCACertificates('default');
  setDefaultCACertificates([...usual, own.cert]);
  t.after(() => setDefaultCACertificates(usual));
  const server = createServer({ key: own.key, cert: own.cert }, ({ url }, answer) => {
    const { port } = server.address() as AddressInfo;
    const to = { '/down': 'http://127.0.0.1:1/', '/on': `https://127.0.0.1:${port}/end` }[url ?? ''];
    answer.writeHead(to === undefined ? 200 : 302, to === undefined ? {} : { location: to }).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const get = (path: string) => {
    const { port } = server.address() as AddressInfo;
    return httpGet(`https://127.0.0.1:${port}${path}`, new AbortController().signal, () => null);
  };
  const answer = await get('/on');
  answer.resume();
  assert.equal(answer.statusCode, 200);
  await assert.rejects(
    get('/down'),
    new Redirection('redirected from https:// to http://, which is not followed'),
  );
});
