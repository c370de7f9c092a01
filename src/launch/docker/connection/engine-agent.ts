import { Agent } from 'node:http';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Endpoint, Tls } from './endpoint.ts';

/**
 * Connections to an engine over TCP, with TLS if that is wanted. The client speaks HTTP through it as through a socket of this
 * machine: its own way to a host takes the address apart with a function of Node's that is deprecated, and says so on standard
 * error.
 */
export class EngineAgent extends Agent {
  readonly #host: string;
  readonly #port: number;
  readonly #tls: Tls | null;

  constructor({ host, port, tls }: Extract<Endpoint, { kind: 'tcp' }>) {
    // A kept connection may be closed by the engine just when the next request is sent.
    super({ keepAlive: false });
    this.#host = host;
    this.#port = port;
    this.#tls = tls;
  }

  override createConnection(): Duplex {
    const [host, port] = [this.#host, this.#port];
    if (this.#tls === null) return connectTcp({ host, port });
    const { ca, cert, key, verify } = this.#tls;
    return connectTls({
      host,
      port,
      ...(ca !== null && { ca }),
      ...(cert !== null && { cert }),
      ...(key !== null && { key }),
      rejectUnauthorized: verify,
    });
  }
}
