import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { readBounded } from '../../base/read-bounded.ts';
import { after } from '../../base/timer.ts';
import { type Admission, type Admitted, admissionOf, reviewOf } from './admission-review.ts';

/** What the server proves who it is with, as PEM. */
export interface ServerIdentity {
  readonly certificate: string;
  readonly key: string;
}

/** Serves `/mutate` over HTTPS on every address of this machine. */
export class WebhookServer {
  readonly #server: Server;
  readonly #admit: (admission: Admission) => Promise<Admitted>;
  #isLeaving = false;

  constructor({ certificate, key }: ServerIdentity, admit: (admission: Admission) => Promise<Admitted>) {
    this.#admit = admit;
    this.#server = createServer({ cert: certificate, key }, (request, answer) => {
      this.#serve(request, answer).catch((error: unknown) => {
        log(`A request to the webhook failed: ${messageOf(error)}`);
        if (!answer.headersSent) answer.writeHead(400);
        answer.end();
      });
    });
    // Whoever does not send a request in time does not keep a connection.
    this.#server.requestTimeout = 10_000;
    // The API server keeps its connections longer than this server would: it must not use one that is being closed.
    this.#server.keepAliveTimeout = 120_000;
  }

  /** @throws Fault `engine` if it cannot */
  async listen(port: number): Promise<void> {
    this.#server.listen(port);
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      throw new Fault('engine', `Cannot listen on port ${port}: ${messageOf(cause)}`, { cause });
    }
  }

  /** From now on, new connections get this certificate. */
  identify({ certificate, key }: ServerIdentity): void {
    this.#server.setSecureContext({ cert: certificate, key });
  }

  /** From now on, whoever asks is told to ask on another connection the next time: with a service, that is another operator's. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Ends when the requests that were begun are answered, or have had the time for it. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    const late = after(limits.admissionLookupMs, () => this.#server.closeAllConnections());
    await closed;
    late.cancel();
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'POST' || path !== '/mutate') {
      request.resume();
      answer.writeHead(404).end();
      return;
    }
    const admission = admissionOf(await readBounded(request, limits.admissionBytes));
    const admitted = await this.#admit(admission);
    const text = JSON.stringify(reviewOf(admission, admitted));
    if (this.#isLeaving) answer.shouldKeepAlive = false;
    answer.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    answer.end(text);
  }
}
