import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

/**
 * What a Service is in a cluster with kube-proxy: each connection to a port of this machine goes to one of the pods.
 *
 * @param ready the addresses of those that are ready
 * @returns the port
 */
export async function podsFront(
  t: TestContext,
  podPort: number,
  ready: () => Promise<readonly string[]>,
): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => open.delete(client));
    void ready().then(([address]) => {
      if (address === undefined) return client.destroy();
      const pod = createConnection(podPort, address);
      pod.on('error', () => client.destroy());
      pod.on('close', () => client.destroy());
      client.on('close', () => pod.destroy());
      client.pipe(pod).pipe(client);
      return client;
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(t, () => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
