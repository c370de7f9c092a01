import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

/** A request as it arrived. */
export interface Asked {
  readonly method: string;
  /** As sent: encoded. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** What a front does with a request: null passes it. */
export type Treatment =
  | null
  /** An error in the place of the server's answer: of S3, or with a body of its own. */
  | {
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection breaks when so many bytes of the body have arrived. */
  | { readonly cutAfter: number }
  /** The connection breaks when the server has done it: its answer is lost. */
  | { readonly loseAnswer: true }
  /** The connection breaks when so many bytes of the answer were sent. */
  | { readonly cutAnswerAfter: number }
  /** A byte of the body is changed on the way: its first one, or the one with this number. */
  | { readonly damage: true | number }
  /** Other headers of the request, and of the answer. */
  | {
      readonly with: Readonly<Record<string, string | string[] | undefined>>;
      readonly answerWith?: Readonly<Record<string, string>>;
    };

/** A server before a store. */
export interface S3Front {
  readonly port: number;
  readonly asked: readonly Asked[];
  /** Most requests with a body at a time, since it was last read. */
  atOnce(): number;
}

/** @param treat decides about each request, and may be asynchronous: then it is held */
export async function startS3Front(
  t: TestContext,
  port: number,
  treat: (asked: Asked) => Treatment | Promise<Treatment>,
): Promise<S3Front> {
  const asked: Asked[] = [];
  const agent = new Agent({ keepAlive: true });
  let [running, most] = [0, 0];
  const server = createServer(async (incoming, answer) => {
    const { method = '', url = '', headers } = incoming;
    const found = { method, url, headers };
    asked.push(found);
    running += 1;
    most = Math.max(most, running);
    answer.on('close', () => {
      running -= 1;
    });
    incoming.on('error', () => undefined);
    const treatment = await treat(found);
    if (treatment !== null && 'status' in treatment) return refuse(incoming, answer, treatment);
    pass(incoming, answer, { port, agent, treatment });
  });
  // Fast clients wait for nobody.
  server.on('checkContinue', (incoming, answer) => {
    answer.writeContinue();
    server.emit('request', incoming, answer);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(t, () => {
    server.close();
    server.closeAllConnections();
    agent.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    atOnce: () => {
      const found = most;
      most = running;
      return found;
    },
  };
}

function refuse(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { status, code, headers = {}, body: own }: Extract<Treatment, { status: number }>,
): void {
  incoming.resume();
  incoming.on('end', () => {
    const body =
      own ??
      `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>It is so.</Message></Error>`;
    answer.writeHead(status, { 'content-type': 'application/xml', ...headers });
    answer.end(incoming.method === 'HEAD' ? undefined : body);
  });
}

function pass(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { port, agent, treatment }: { readonly port: number; readonly agent: Agent; readonly treatment: Treatment },
): void {
  const { method = '', url = '', headers, socket } = incoming;
  const changes = treatment !== null && 'with' in treatment ? treatment.with : {};
  const sent = Object.fromEntries(
    Object.entries({ ...headers, ...changes }).filter(([, value]) => value !== undefined),
  );
  const passed = request({ host: '127.0.0.1', port, path: url, method, headers: sent, agent }, (found) => {
    if (treatment !== null && 'loseAnswer' in treatment) {
      found.resume();
      return void found.on('end', () => socket.destroy());
    }
    const more = treatment !== null && 'with' in treatment ? treatment.answerWith : {};
    answer.writeHead(found.statusCode ?? 0, { ...found.headers, ...more });
    if (treatment === null || !('cutAnswerAfter' in treatment)) return void found.pipe(answer);
    let sent = 0;
    found.on('data', (piece: Buffer) => {
      sent += piece.length;
      answer.write(piece, () => {
        if (sent >= treatment.cutAnswerAfter) socket.destroy();
      });
    });
  });
  passed.on('error', () => socket.destroy());
  let arrived = 0;
  incoming.on('data', (piece: Buffer) => {
    const at = treatment !== null && 'damage' in treatment ? Number(treatment.damage) - 1 - arrived : -1;
    arrived += piece.length;
    if (at >= 0 && at < piece.length) piece[at] = ~(piece[at] ?? 0) & 0xff;
    passed.write(piece);
    if (treatment === null || !('cutAfter' in treatment) || arrived < treatment.cutAfter) return;
    socket.destroy();
    passed.destroy();
  });
  incoming.on('end', () => passed.end());
  incoming.on('close', () => {
    if (!incoming.complete) passed.destroy();
  });
}
