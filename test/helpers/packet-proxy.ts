import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Sits between a client and a server on this machine, and counts the pieces that they exchange. */
export interface PacketProxy {
  readonly port: number;
  /** How many pieces have passed since the count started, in both directions. */
  count(): number;
  /**
   * Restarts the count.
   * @param nth the piece at which to act; Infinity: none
   * @param act called before the piece is forwarded; false: the piece is not forwarded
   */
  at(nth: number, act: () => boolean): void;
}

/** Starts one in front of a port of 127.0.0.1; it ends with the test. */
export async function packetProxy(t: TestContext, serverPort: number): Promise<PacketProxy> {
  let count = 0;
  let nth = Number.POSITIVE_INFINITY;
  let act = () => true;
  const passTo = (to: Socket) => (bytes: Buffer) => {
    count += 1;
    if ((count !== nth || act()) && to.writable) to.write(bytes);
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: serverPort, host: '127.0.0.1', noDelay: true });
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('data', passTo(upstream));
    upstream.on('data', passTo(client));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return {
    port: (server.address() as { port: number }).port,
    count: () => count,
    at: (wanted, action) => {
      count = 0;
      nth = wanted;
      act = action;
    },
  };
}
