import type { AddressInfo } from 'node:net';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

/** Docker's socket behind a port: an engine on another machine, as far as a client can tell. */
export interface TcpFront {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** Breaks every connection there is. */
  cut(): void;
}

/** Starts one in front of the test run's daemon. */
export async function startTcpFront(t: TestContext): Promise<TcpFront> {
  const path = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const engine = createConnection(path);
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  atEnd(t, () => stop(server, cut));
  return { host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, cut };
}

/** The same, where only the address matters. */
export async function tcpFront(t: TestContext): Promise<string> {
  return (await startTcpFront(t)).host;
}

function stop(server: Server, cut: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    cut();
  });
}
