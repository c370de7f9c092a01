import type { AddressInfo } from 'node:net';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

/** Docker's socket behind a port: an engine on another machine, as far as a client can tell. */
export interface TcpFront {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** Bytes that came from the engine so far. */
  carried(): number;
  /** Connections that were accepted so far. */
  accepted(): number;
  /** Breaks every connection there is. */
  cut(): void;
  /** From now on, the connections that there are carry nothing, and stay open. */
  stall(): void;
}

/** What is behind a front, and how good the link is. */
export interface FrontPlan {
  /** Default: that of the test run's daemon. */
  readonly socket?: string;
  /** A port of this machine, in the place of a socket. */
  readonly port?: number;
  /** What each connection carries from the engine; default: no limit. */
  readonly bytesPerSecond?: number;
  /** What a client's bytes are answered with, in the engine's place; null: the engine gets them. */
  readonly answer?: (said: string) => string | null;
}

/** Starts one. */
export async function startTcpFront(t: TestContext, plan: FrontPlan = {}): Promise<TcpFront> {
  const daemon = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  const path = plan.socket ?? daemon.replace(/^unix:\/\//, '');
  const open = new Set<Socket>();
  let carried = 0;
  let accepted = 0;
  const server = createServer((client) => {
    accepted += 1;
    const engine =
      plan.port === undefined ? createConnection(path) : createConnection(plan.port, '127.0.0.1');
    engine.on('data', (piece) => {
      carried += piece.length;
    });
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        // What a slow link still carries arrives.
        if (from === client || !from.readableEnded) to.destroy();
      });
    }
    (plan.answer === undefined ? client : client.pipe(answering(client, plan.answer))).pipe(engine);
    if (plan.bytesPerSecond === undefined) engine.pipe(client);
    else engine.pipe(slowLink(plan.bytesPerSecond)).pipe(client);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  const stall = () => {
    for (const socket of open) {
      socket.unpipe();
      socket.removeAllListeners('data');
      socket.pause();
    }
  };
  atEnd(t, () => stop(server, cut));
  return {
    host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    carried: () => carried,
    accepted: () => accepted,
    cut,
    stall,
  };
}

/** The same, where only the address matters. */
export async function tcpFront(t: TestContext): Promise<string> {
  return (await startTcpFront(t)).host;
}

function answering(client: Socket, answer: (said: string) => string | null): Transform {
  return new Transform({
    transform: (piece: Buffer, _, done) => {
      const given = answer(piece.toString('latin1'));
      if (given === null) return done(null, piece);
      client.write(given);
      done();
    },
  });
}

function slowLink(bytesPerSecond: number): Transform {
  return new Transform({
    transform: (piece, _, done) =>
      setTimeout(() => done(null, piece), (piece.length * 1_000) / bytesPerSecond),
  });
}

function stop(server: Server, cut: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    cut();
  });
}
