import { PassThrough, Writable } from 'node:stream';
import WebSocket from 'ws';
import { messageOf } from '../../../base/fault.ts';
import { httpAgent, proxyRefusal, type Route } from '../../../base/http-request.ts';
import { limits } from '../../../base/limits.ts';

/** A program that runs in a container, in a terminal: what it prints, and what it reads. How it ended tells nothing. */
export interface ExecStream {
  readonly input: PassThrough;
  readonly output: Writable;
  close(): void;
}

/** Azure has started a program, and it cannot be reached. */
export class NoTerminal extends Error {}

/**
 * Connects to the terminal of a program that the service has started: the password is the first message, and after it the text
 * of the terminal goes both ways.
 *
 * @throws NoTerminal
 */
export async function openTerminal(
  url: URL,
  password: string,
  { route, signal }: { readonly route: Route; readonly signal: AbortSignal },
): Promise<ExecStream> {
  const agent = await httpAgent(url.protocol === 'wss:' ? 'https:' : 'http:', route);
  const socket = socketTo(url, agent);
  const stream = streamOf(socket);
  const abort = () => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (cause) => reject(unreached(cause, route)));
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
  socket.send(password);
  return stream;
}

function socketTo(url: URL, agent: Awaited<ReturnType<typeof httpAgent>>): WebSocket {
  // It is of no use to a server, and refused by the library.
  const address = new URL(url);
  address.hash = '';
  return new WebSocket(address, {
    agent,
    handshakeTimeout: limits.azureAnswerMs,
    perMessageDeflate: false,
    maxPayload: limits.azureAnswerBytes,
  });
}

function unreached(cause: unknown, { proxy }: Route): NoTerminal {
  const refusal = proxy === null ? null : proxyRefusal(proxy, cause);
  return new NoTerminal(refusal?.reason ?? messageOf(cause), { cause });
}

function streamOf(socket: WebSocket): ExecStream {
  const input = new PassThrough();
  // Whoever reads it has a listener of its own; one that could not be opened has no reader.
  input.on('error', () => undefined);
  // A slow reader must not make this process hold what a fast job prints.
  input.on('drain', () => socket.resume());
  socket.on('message', (data: Buffer) => {
    if (!input.write(data)) socket.pause();
  });
  socket.on('close', () => input.end());
  socket.on('error', (error) => input.destroy(error));
  const output = new Writable({
    // What is sent is text: base64 in lines.
    write: (piece: Buffer, _encoding, done) =>
      socket.send(piece.toString('latin1'), (error) => done(error ?? null)),
  });
  output.on('error', (error) => input.destroy(error));
  return { input, output, close: () => socket.terminate() };
}
