import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { pause } from '../../base/timer.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';
import type { OperatorPageSettings } from '../../settings/verbs/operator-page-settings.ts';
import type { ServerIdentity } from '../webhook/webhook-server.ts';
import { findJobPage } from './find-job-page.ts';
import { PageServer } from './page-server.ts';

/** The pages of an operator's jobs, which every operator serves, whoever leads. */
export class ServedPage {
  readonly #server: PageServer;
  readonly #settings: OperatorPageSettings;
  readonly #failure = Promise.withResolvers<never>();

  /** @param namespace whose jobs are shown; null: those of all */
  constructor(cluster: Cluster, namespace: string | null, settings: OperatorPageSettings) {
    this.#settings = settings;
    this.#server = new PageServer((path, token) => findJobPage(cluster, namespace, { path, token }));
    this.#failure.promise.catch(() => undefined);
  }

  /** Rejects if the pages cannot be served at all; never resolves. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /** Serves with the webhook's certificate, if it has none of its own. */
  identify(identity: ServerIdentity): void {
    if (this.#settings.certificates === null) this.#identify(identity);
  }

  /** Serves with its own certificate, and looks for a new one until the signal is aborted. @throws Fault `usage` */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#server.close(), { once: true });
    const { certificates } = this.#settings;
    if (certificates === null) return;
    let before = identityIn(certificates);
    this.#identify(before);
    while (!signal.aborted) {
      await pause(limits.certificateLookMs, signal);
      try {
        const now = identityIn(certificates);
        if (now.certificate !== before.certificate || now.key !== before.key) this.#identify(now);
        before = now;
      } catch (error) {
        // What is served stays; a Secret is being changed, or was changed badly.
        log(messageOf(error));
      }
    }
  }

  #identify(identity: ServerIdentity): void {
    this.#server.identify(identity, this.#settings.port).catch(this.#failure.reject);
  }
}

/** The files of a Secret of the type kubernetes.io/tls. @throws Fault `usage` */
function identityIn(directory: string): ServerIdentity {
  try {
    const certificate = readFileSync(join(directory, 'tls.crt'), 'utf8');
    const key = readFileSync(join(directory, 'tls.key'), 'utf8');
    createSecureContext({ cert: certificate, key });
    return { certificate, key };
  } catch (cause) {
    throw new Fault('usage', `Cannot use the certificate of the pages in ${directory}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
