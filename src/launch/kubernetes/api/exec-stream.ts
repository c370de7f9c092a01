import { PassThrough, Writable } from 'node:stream';
import WebSocket from 'ws';
import { limits } from '../../../base/limits.ts';
import { log } from '../../../base/log.ts';
import type { Cluster } from './cluster.ts';
import { refusalOf } from './refusal-of.ts';

/** Channels of a remote command: the first byte of every message. */
const channels = { stdin: 0, stdout: 1, stderr: 2 } as const;
/** Newest first; the older one cannot close one stream alone, which is not needed here. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** A command that runs in a container: its standard output and input. How it ended tells nothing. */
export interface ExecStream {
  readonly input: PassThrough;
  readonly output: Writable;
  close(): void;
}

/**
 * Runs a command in a container of a pod. What it prints on standard error is logged.
 *
 * @throws ApiError where the server refuses; the runtime's error
 */
export async function openExec(
  cluster: Cluster,
  of: { readonly pod: string; readonly container: string; readonly command: readonly string[] },
): Promise<ExecStream> {
  const query = new URLSearchParams({
    container: of.container,
    stdin: 'true',
    stdout: 'true',
    stderr: 'true',
  });
  for (const word of of.command) query.append('command', word);
  const url = `${cluster.server.replace(/^http/, 'ws').replace(/\/$/, '')}${cluster.path('pods', of.pod)}/exec?${query}`;
  const { headers, ...options } = await cluster.connectOptions();
  const socket = new WebSocket(url, protocols, {
    ...(options as object),
    headers: headers as Record<string, string>,
    handshakeTimeout: limits.clusterAnswerMs,
    perMessageDeflate: false,
  });
  const stream = streamOf(socket);
  await opened(socket);
  return stream;
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (request, answer) => {
      void refusalOf(answer).then((error) => {
        reject(error);
        request.destroy();
      }, reject);
    });
  });
}

function streamOf(socket: WebSocket): ExecStream {
  const input = new PassThrough();
  // Whoever reads it has a listener of its own; one that could not be opened has no reader.
  input.on('error', () => undefined);
  // A slow reader must not make this process hold what a fast job prints.
  input.on('drain', () => socket.resume());
  socket.on('message', (data: Buffer) => {
    const [channel] = data;
    if (channel === channels.stdout && !input.write(data.subarray(1))) socket.pause();
    if (channel === channels.stderr) tell(data.subarray(1));
  });
  socket.on('close', () => input.end());
  socket.on('error', (error) => input.destroy(error));
  const output = new Writable({
    write: (piece: Buffer, _encoding, done) =>
      socket.send(Buffer.concat([Buffer.of(channels.stdin), piece]), (error) => done(error)),
  });
  output.on('error', (error) => input.destroy(error));
  return { input, output, close: () => socket.terminate() };
}

function tell(text: Buffer): void {
  const line = text
    .toString()
    .trim()
    .replace(/^emissary: /, '');
  log(line.slice(0, limits.quotedCharacters));
}
