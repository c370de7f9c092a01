import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import type { TestContext } from 'node:test';
import type { Pod } from './saved.ts';

/** A template with these inputs. */
export const inputs = (...artifacts: readonly object[]) => ({ inputs: { artifacts } });

/** An HTTP server until the test ends. @returns its host and port */
export async function served(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers with these bytes, and closes the connection. @returns its host and port */
export async function servedBytes(t: TestContext, answer: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Expects `init` to exit with 65 and one message, and to leave no input and no template on the volume. */
export async function refused(its: Pod, template: object, sentence: RegExp): Promise<void> {
  const { status, stderr } = await its.init(template);
  assert.deepEqual([status, stderr.split('\n').length], [65, 2], stderr);
  assert.match(stderr, sentence);
  assert.deepEqual(
    readdirSync(its.root).filter((name) => name.includes('inputs') || name === 'template'),
    [],
  );
}
