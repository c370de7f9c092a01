import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';

const success = '{"response":"success","info":"processed: 1; failed: 0; total: 1; seconds spent: 0.000055"}';

function framed(text: string | Buffer, { name = 'ZBXD', flags = 1, length = -1, reserved = 0 } = {}): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(13);
  header.write(name, 'latin1');
  header[4] = flags;
  header.writeUInt32LE(length === -1 ? body.length : length, 5);
  header.writeUInt32LE(reserved, 9);
  return Buffer.concat([header, body]);
}

/** The answer to the value. */
async function trapper(t: TestContext, answer: (socket: Socket) => void): Promise<Record<string, string>> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { ZABBIX_SERVER: `127.0.0.1:${(server.address() as AddressInfo).port}`, ZABBIX_HOST: 'h' };
}

async function report(t: TestContext, answer: (socket: Socket) => void) {
  const job = reportedJob(t);
  await runJob(t, ['true'], { root: job.root });
  const env = { ...job.env, ...(await trapper(t, answer)) };
  const finished = await emissary(['wait'], { root: job.root, env });
  assert.equal(finished.status, 0, 'it may fail');
  return finished.stderr;
}

const notTaken =
  'emissary: Zabbix rejected the value for item multiflexi.job of host h; check that it is a trapper item\n';
const noZabbix = /^emissary: The server at 127\.0\.0\.1:\d+ is not a Zabbix server; check ZABBIX_SERVER\n$/;

test('Zabbix: an answer is accepted however its bytes arrive, and whether or not the connection is closed', async (t) => {
  const answers: readonly ((socket: Socket) => void)[] = [
    (socket) => void socket.end(framed(success)),
    (socket) => void socket.write(framed(success)),
    (socket) => {
      const bytes = [...framed(success)];
      const next = () =>
        socket.write(Buffer.from([bytes.shift() ?? 0]), () => bytes.length > 0 && setImmediate(next));
      next();
    },
  ];
  for (const answer of answers) assert.equal(await report(t, answer), '');
});

const refusals = [
  'processed: 0; failed: 1; total: 1',
  'processed: 0; failed: 0; total: 0',
  'processed: 0; failed: 0; total: 1',
];
test('Zabbix: a value that it did not process is logged, even if none has failed', async (t) => {
  for (const info of refusals) {
    const text = JSON.stringify({ response: 'success', info });
    assert.equal(await report(t, (socket) => void socket.end(framed(text))), notTaken, info);
  }
  assert.equal(await report(t, (socket) => void socket.end(framed('{"response":"failed"}'))), notTaken);
});

const wrong: Readonly<Record<string, Buffer>> = {
  'the words alone': Buffer.from(`HTTP/1.1 200 OK\r\n\r\n${success}`),
  'another name': framed(success, { name: 'ZBXX' }),
  'a flag that nobody asked for': framed(deflateSync(success), { flags: 3 }),
  'a length that is too small': framed(success, { length: 20 }),
  'a length that is too large': framed(success, { length: 200 }),
  'a length without end': framed(success, { length: 0xffffffff }),
  'a reserved length': framed(success, { reserved: 1 }),
  'no JSON': framed('failed: 0'),
  'another JSON': framed('{"info":"processed: 1; failed: 0; total: 1"}'),
  'no counts': framed('{"response":"success","info":"failed: 0"}'),
  'a number in the place of the counts': framed('{"response":"success","info":1}'),
  'half a header': framed(success).subarray(0, 9),
};
test('Zabbix: an answer of another server is rejected', async (t) => {
  for (const [what, bytes] of Object.entries(wrong))
    assert.match(await report(t, (socket) => void socket.end(bytes)), noZabbix, what);
});

test('Zabbix: a server that never ends its answer, or closes without any, is given up', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['true'], { root: job.root });
  const flood = (socket: Socket) => {
    const more = () => {
      while (socket.writable && socket.write(Buffer.alloc(65_536, 'Z')));
    };
    socket.on('drain', more);
    more();
  };
  const env = { ...job.env, ...(await trapper(t, flood)) };
  const { status, stderr } = await startEmissary(t, ['wait'], { root: job.root, env }).finished;
  assert.equal(status, 0);
  assert.match(stderr, noZabbix);
  assert.match(
    await report(t, (socket) => void socket.end()),
    /Cannot reach Zabbix at 127\.0\.0\.1:\d+: it closed the connection; retrying\n/,
  );
});
