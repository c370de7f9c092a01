import type { Connection } from 'mysql2';
import { limits } from '../../../base/limits.ts';

/** The error code for an answer that is longer than any that a database of MultiFlexi gives. */
export const endless = 'ANSWER_WITHOUT_END';

/** Limits the size of a server's answers, and gives access to the driver's stream. */
export interface Guard {
  /** To be called before a query: its answer may have this many bytes. */
  expect(bytes: number): void;
  /** Sends our own packet between two statements. @param sent called when the connection has accepted it */
  write(parts: readonly [Buffer, Buffer], sent: (error?: Error | null) => void): void;
}

/** The internals of the driver that all traffic passes through, with and without TLS (mysql2/lib/base/connection.js). */
interface Inside {
  packetParser: { execute(bytes: Buffer): unknown };
  handlePacket(packet?: { readonly sequenceId: number; isError(): boolean }): void;
  sequenceId: number;
  readonly stream: {
    destroy(error: Error): void;
    write(bytes: Buffer, sent?: (error?: Error | null) => void): boolean;
  };
}

/**
 * Limits a new connection: the driver itself collects greetings, columns, rows and packets for as long as they come, and
 * prints a line for each packet that is out of order.
 */
export function guarded(connection: Connection): Guard {
  const inside = connection as unknown as Inside;
  const { packetParser: parser } = inside;
  const handle = inside.handlePacket.bind(connection);
  let left: number = limits.handshakeBytes;
  let isBroken = false;
  const fail = (code: string, message: string) => {
    isBroken = true;
    inside.stream.destroy(Object.assign(new Error(message), { code, fatal: true }));
  };
  inside.packetParser = {
    execute: (bytes) => {
      left -= bytes.length;
      if (left < 0 && !isBroken) fail(endless, 'its answer is too long');
      if (!isBroken) parser.execute(bytes);
    },
  };
  inside.handlePacket = (packet) => {
    if (isBroken) return;
    if (packet !== undefined && packet.sequenceId !== inside.sequenceId) {
      // A server that closes a connection may send the reason at any point.
      if (!packet.isError()) return fail('PROTOCOL_PACKETS_OUT_OF_ORDER', 'its packets are out of order');
      inside.sequenceId = packet.sequenceId;
    }
    handle(packet);
  };
  return {
    expect: (bytes) => {
      left = bytes;
    },
    write: ([header, content], sent) => {
      inside.stream.write(header);
      inside.stream.write(content, sent);
    },
  };
}
