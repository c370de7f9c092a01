import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { TLSSocket } from 'node:tls';

/** One connection to an impostor. */
export interface ImpostorSession {
  /** Sends one packet. @param number its sequence number; without one: the next */
  send(payload: Buffer, number?: number): void;
  /** The payload of the client's next packet. Never settles if none comes. */
  next(): Promise<Buffer>;
  /** Sends this again and again, until the client disconnects. */
  flood(bytes: () => Buffer): void;
  /** Continues over TLS, as the client requested. */
  secure(key: string, cert: string): ImpostorSession;
  readonly socket: Socket;
}

/** A server that pretends to be MariaDB. */
export interface Impostor {
  readonly url: string;
  /** All bytes that all clients have sent. */
  received(): Buffer;
  connections(): number;
}

export const impostorPassword = 'the-pa55word-of-mariadb';

/** @param behave what it does with a client, from the greeting on */
export async function startImpostor(
  t: TestContext,
  behave: (session: ImpostorSession) => Promise<void>,
): Promise<Impostor> {
  const pieces: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (piece) => pieces.push(Buffer.from(piece)));
    // A client that disconnects is no failure of the test.
    behave(sessionOf(socket)).catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `mysql://reporter:${impostorPassword}@127.0.0.1:${port}/multiflexi`,
    received: () => Buffer.concat(pieces),
    connections: () => sockets.size,
  };
}

function sessionOf(socket: Socket, first = 0): ImpostorSession {
  let bytes = Buffer.alloc(0);
  let number = first;
  socket.on('error', () => undefined);
  const packets: Buffer[] = [];
  const waiting: ((packet: Buffer) => void)[] = [];
  socket.on('data', (piece) => {
    bytes = Buffer.concat([bytes, Buffer.from(piece)]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUIntLE(0, 3)) {
      const end = 4 + bytes.readUIntLE(0, 3);
      number = (bytes[3] ?? 0) + 1;
      packets.push(Buffer.from(bytes.subarray(4, end)));
      bytes = bytes.subarray(end);
      while (packets.length > 0 && waiting.length > 0) waiting.shift()?.(packets.shift() ?? Buffer.alloc(0));
    }
  });
  return {
    socket,
    secure: (key, cert) => {
      socket.removeAllListeners('data').pause();
      // The first bytes of TLS may have come together with the request for it.
      if (bytes.length > 0) socket.unshift(bytes);
      // The client's next packet is its third.
      return sessionOf(new TLSSocket(socket, { isServer: true, key, cert }), 2);
    },
    send: (payload, wanted) => {
      socket.write(packet(payload, (wanted ?? number) & 0xff));
      number += 1;
    },
    next: () => {
      const first = packets.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
    flood: (make) => {
      const more = () => {
        while (socket.writable && socket.write(make()));
      };
      socket.on('drain', more);
      more();
    },
  };
}

/** A packet with its header (https://mariadb.com/kb/en/0-packet/). */
export function packet(payload: Buffer, number: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = number;
  return Buffer.concat([header, payload]);
}

/** The server's greeting. @param plugin how it asks for the password */
export function greeting(plugin: string, offersTls = false): Buffer {
  const scramble = Buffer.from('abcdefgh-ijklmnopqrs');
  const [low, high] = [Buffer.from([0x0b, offersTls ? 0xaa : 0xa2]), Buffer.from([0x08, 0x00])];
  return Buffer.concat([
    Buffer.from('\x0a5.5.5-10.11.0-MariaDB\0\x01\0\0\0', 'latin1'),
    scramble.subarray(0, 8),
    Buffer.from([0]),
    low,
    Buffer.from([45, 2, 0]),
    high,
    Buffer.from([21]),
    Buffer.alloc(10),
    scramble.subarray(8),
    Buffer.from(`\0${plugin}\0`),
  ]);
}

/** Asks for the password in another way. */
export function switchTo(plugin: string): Buffer {
  return Buffer.concat([Buffer.from(`\xfe${plugin}\0`, 'latin1'), Buffer.from('abcdefgh-ijklmnopqrs\0')]);
}

/** The packet that accepts whatever was sent. */
export const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0]);

/** An error packet. */
export const refusal = Buffer.concat([Buffer.from([0xff, 0x15, 0x04]), Buffer.from('#28000no')]);

/** The definition of a text column of this name. */
export function column(name: string): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const names = ['def', '', '', '', name, name].map(text);
  return Buffer.concat([...names, Buffer.from([0x0c, 45, 0, 255, 0, 0, 0, 253, 0, 0, 0, 0, 0])]);
}

export const endOfColumns = Buffer.from([0xfe, 0, 0, 2, 0]);
