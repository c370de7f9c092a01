import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Lower ports belong to other programs. */
const lowest = 10_240;

/**
 * A port on which nobody listens. It is outside the range from which the kernel assigns ports, so that nobody gets it by
 * chance a moment later (ip(7), ip_local_port_range).
 */
export async function freePort(): Promise<number> {
  const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  const [first = 32_768] = range.trim().split(/\s+/).map(Number);
  for (;;) {
    const port = first > lowest ? randomInt(lowest, first) : 0;
    const free = await freeAt(port);
    if (free !== null) return free;
  }
}

function freeAt(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? null) : null));
    });
  });
}
