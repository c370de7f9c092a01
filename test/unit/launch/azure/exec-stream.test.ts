import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { NoTerminal, openTerminal } from '../../../../src/launch/azure/api/exec-stream.ts';

test('a proxy that does not let exec through is named', async (t) => {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy = { address, name: 'proxy.example:3128', variable: 'HTTPS_PROXY' };
  const opened = openTerminal(new URL('wss://exec.invalid:19390/exec#x'), 'password', {
    route: { proxy, authority: null },
    signal: new AbortController().signal,
  });
  await assert.rejects(opened, (error) => {
    assert.ok(error instanceof NoTerminal);
    assert.match(
      error.message,
      /^the proxy proxy\.example:3128 of HTTPS_PROXY refused the connection \(403\)/,
    );
    return true;
  });
  assert.deepEqual(asked, ['exec.invalid:19390']);
});
