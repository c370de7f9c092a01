import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { startJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { openPage } from './browser.ts';

test('page --serve shows a run as it goes on: its start, its lines, and its end', async (t) => {
  const root = temporaryVolume(t);
  const cwd = temporaryVolume(t);
  const server = startEmissary(t, ['page', '--serve', '0'], { root });
  await until('it serves', () => server.stdout().includes('\n'));
  const shown = await openPage(t, server.stdout().toString().trim());
  if (shown === null) return;
  await until('it waits', async () => (await shown.verdict()) === 'Waiting');
  const script = 'echo ready; while [ ! -e go ]; do sleep 0.05; done; echo more >&2; printf end; exit 7';
  const job = startJob(t, ['sh', '-c', script], { root, cwd });
  await until('the first line is there', async () => (await shown.lines()).join() === 'ready');
  assert.equal(await shown.verdict(), 'Running');
  writeFileSync(join(cwd, 'go'), '');
  await until('all lines are there', async () => (await shown.lines()).join() === 'ready,more,end');
  await until('the end is there', async () => (await shown.verdict()) === 'Failed with exit code 7');
  assert.equal((await job.finished).status, 7);
  assert.deepEqual(shown.troubles, []);
  server.kill('SIGTERM');
  assert.equal((await server.finished).status, 0);
});

test('page --serve shows several containers, also one that comes later, and how the run ends', async (t) => {
  const root = temporaryVolume(t);
  const cwd = temporaryVolume(t);
  const server = startEmissary(t, ['page', '--serve', '0'], { root });
  await until('it serves', () => server.stdout().includes('\n'));
  const shown = await openPage(t, server.stdout().toString().trim());
  if (shown === null) return;
  const script = (go: string, code: number) =>
    `echo "$0 begins"; while [ ! -e ${go} ]; do sleep 0.05; done; echo "$0 ends" >&2; exit ${code}`;
  const start = (name: string, code: number) =>
    startJob(t, ['sh', '-c', script(name, code), name], { root, cwd, name });
  const logs = () => shown.page.$$eval('section h2', (all) => all.map((each) => each.textContent));
  const first = start('main', 0);
  await until('the first is there', async () => (await shown.lines()).join() === 'main begins');
  const second = start('second', 9);
  await until('both are there', async () => (await shown.lines()).join() === 'main begins,second begins');
  assert.deepEqual(await logs(), ['Phases', 'Log of main', 'Log of second', 'Containers']);
  writeFileSync(join(cwd, 'main'), '');
  assert.equal((await first.finished).status, 0);
  const summaries = () => shown.page.$$eval('summary', (all) => all.map((each) => each.textContent));
  await until('one has ended', async () => (await summaries())[0] === 'main Succeeded, exit code 0');
  assert.equal(await shown.verdict(), 'Running');
  writeFileSync(join(cwd, 'second'), '');
  assert.equal((await second.finished).status, 9);
  await until('the end is there', async () => (await shown.verdict()) === 'Failed with exit code 9');
  await until('all lines are there', async () =>
    isDeepStrictEqual(await shown.lines(), ['main begins', 'main ends', 'second begins', 'second ends']),
  );
  assert.deepEqual(await summaries(), ['main Succeeded, exit code 0', 'second Failed, exit code 9']);
  assert.deepEqual(shown.troubles, []);
});

test('page --serve shows that the wrapper of a job was killed', async (t) => {
  const root = temporaryVolume(t);
  const job = startJob(t, ['sh', '-c', 'echo ready; exec sleep 1000'], { root });
  await until('it runs', () => job.stdout().includes('ready'));
  const server = startEmissary(t, ['page', '--serve', '0'], { root });
  await until('it serves', () => server.stdout().includes('\n'));
  const shown = await openPage(t, server.stdout().toString().trim());
  if (shown === null) return;
  await until('it runs there', async () => (await shown.verdict()) === 'Running');
  job.kill('SIGKILL');
  await until('it is lost', async () => (await shown.verdict())?.startsWith('Lost') === true);
});

test('page --serve answers nobody who does not know its address, or comes by another name', async (t) => {
  const root = temporaryVolume(t);
  mkdirSync(join(root, 'ctr/main'), { recursive: true });
  appendFileSync(join(root, 'ctr/main/stdout'), 'secret output\n');
  const server = startEmissary(t, ['page', '--serve', '0'], { root });
  await until('it serves', () => server.stdout().includes('\n'));
  const address = new URL(server.stdout().toString().trim());
  assert.equal(address.hostname, '127.0.0.1');
  const statusOf = async (path: string, init: RequestInit = {}) =>
    (await fetch(new URL(path, address), init)).status;
  assert.deepEqual(
    [
      await statusOf(address.href),
      await statusOf(`${address.href}log/main/stdout`),
      await statusOf(`${address.href}log/main/../../template`),
      await statusOf(`${address.href}log/main/started`),
      await statusOf('/'),
      await statusOf('/model'),
      await statusOf('/log/main/stdout'),
      await statusOf(address.href, { method: 'POST' }),
    ],
    [200, 200, 404, 404, 404, 404, 404, 404],
  );
  const { request } = await import('node:http');
  const foreign = await new Promise((resolve) => {
    request(address, { headers: { host: 'evil.example' } }, (answer) => resolve(answer.statusCode)).end();
  });
  assert.equal(foreign, 404);
  for (const path of ['//', '//x/y', '*', 'http://[', `${address.pathname}log/main/stdout?from=-1`])
    assert.equal(await rawStatus(address, path), 404, path);
  assert.equal(await statusOf(address.href), 200);
});

test('page --serve gives a log from any position on, as it is on the volume', async (t) => {
  const root = temporaryVolume(t);
  mkdirSync(join(root, 'ctr/main'), { recursive: true });
  const bytes = Buffer.from(Array.from({ length: 40_000_000 }, (_, index) => (index * 7) % 251));
  writeFileSync(join(root, 'ctr/main/stdout'), bytes);
  const server = startEmissary(t, ['page', '--serve', '0'], { root });
  await until('it serves', () => server.stdout().includes('\n'));
  const parts: Buffer[] = [];
  for (let from = 0; ; ) {
    const answer = await fetch(`${server.stdout().toString().trim()}log/main/stdout?from=${from}`);
    const part = Buffer.from(await answer.arrayBuffer());
    if (part.length === 0) break;
    parts.push(part);
    from += part.length;
  }
  assert.ok(parts.length > 1 && Buffer.concat(parts).equals(bytes));
});

test('page rejects a port that is none, and a port that is taken', async (t) => {
  const root = temporaryVolume(t);
  for (const port of ['x', '65536', '-1']) {
    const { status, stderr } = await emissary(['page', `--serve=${port}`], { root });
    assert.deepEqual([status, stderr], [64, 'emissary: --serve must be the number of a port, or 0\n']);
  }
  const server = startEmissary(t, ['page', '--serve', '0'], { root });
  await until('it serves', () => server.stdout().includes('\n'));
  const { port } = new URL(server.stdout().toString().trim());
  const { status, stderr } = await emissary(['page', '--serve', port], { root });
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Cannot listen on port \d+: .*EADDRINUSE[^\n]*\n$/);
});

/** The status of a request whose path no client would send. */
function rawStatus({ port, host }: URL, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
    let text = '';
    socket.on('data', (piece) => {
      text += String(piece);
    });
    socket.on('end', () => resolve(Number(text.split(' ')[1])));
    socket.on('error', reject);
  });
}
