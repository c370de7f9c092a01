import type { Connection } from 'mysql2';
import { limits } from '../../../base/limits.ts';

/** The code of the error where a server says more than a database of MultiFlexi's ever does. */
export const endless = 'ANSWER_WITHOUT_END';

/** Bounds what a server may say, and has what the driver keeps to itself. */
export interface Guard {
  /** A question is about to be asked: its answer may have this many bytes. */
  expect(bytes: number): void;
  /** Sends a packet of our own between two statements. @param sent called when the connection has taken it */
  write(parts: readonly [Buffer, Buffer], sent: (error?: Error | null) => void): void;
}

/** The driver's own parts that all of a connection passes through, with TLS and without (mysql2/lib/base/connection.js). */
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
 * Puts a bound on a new connection: the driver itself gathers greetings, columns, rows and packets for as long as they
 * come, and prints a line for each that is out of order.
 */
export function guarded(connection: Connection): Guard {
  const inside = connection as unknown as Inside;
  const { packetParser: parser } = inside;
  const handle = inside.handlePacket.bind(connection);
  let left: number = limits.handshakeBytes;
  let isBroken = false;
  const fail = (code: string, args: string) => {
    isBroken = true;
    inside.stream.destroy(Object.assign(new Error(args), { code, fatal: true }));
  };
  inside.packetParser = {
    execute: (bytes) => {
      left -= bytes.length;
      if (left < 0 && !isBroken) fail(endless, 'its answer has no end');
      if (!isBroken) parser.execute(bytes);
    },
  };
  inside.handlePacket = (packet) => {
    if (isBroken) return;
    if (packet !== undefined && packet.sequenceId !== inside.sequenceId) {
      // A server that ends a connection by itself says why, in the middle of anything.
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
