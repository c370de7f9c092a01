import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { after } from '../../base/timer.ts';
import { type Admission, type Admitted, admissionOf, reviewOf } from './admission-review.ts';
import { HeldBytes, TooMuch } from './held-bytes.ts';

/** What the server proves who it is with, as PEM. */
export interface ServerIdentity {
  readonly certificate: string;
  readonly key: string;
}

/** Serves `/mutate` over HTTPS on every address of this machine. */
export class WebhookServer {
  readonly #server: Server;
  readonly #admit: (admission: Admission) => Promise<Admitted>;
  readonly #held = new HeldBytes();
  #isLeaving = false;

  constructor({ certificate, key }: ServerIdentity, admit: (admission: Admission) => Promise<Admitted>) {
    this.#admit = admit;
    const options = {
      cert: certificate,
      key,
      // Whoever does not send a request in time does not keep a connection.
      handshakeTimeout: limits.webhookRequestMs,
      requestTimeout: limits.webhookRequestMs,
      headersTimeout: limits.webhookRequestMs,
      connectionsCheckingInterval: limits.webhookRequestLookMs,
    };
    this.#server = createServer(options, (request, answer) => {
      this.#serve(request, answer).catch((error: unknown) => {
        log(`A request to the webhook failed: ${messageOf(error)}`);
        if (!answer.headersSent)
          answer.writeHead(error instanceof TooMuch ? error.status : 400, { connection: 'close' });
        answer.end();
      });
    });
    this.#server.maxConnections = limits.webhookConnections;
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
    const text = await this.#held.during(request, async (body) => {
      const admission = admissionOf(body);
      return JSON.stringify(reviewOf(admission, await this.#admit(admission)));
    });
    if (this.#isLeaving) answer.shouldKeepAlive = false;
    answer.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    answer.end(text);
  }
}
