import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../base/fault.ts';
import { isRecord } from '../../base/is-record.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { pause } from '../../base/timer.ts';
import { statusOf } from '../../launch/kubernetes/api/api-error.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';
import { bundleOf, type CertificateState, renewed, secretFiles, stateOfFiles } from './certificate-state.ts';
import type { Certificates } from './make-certificates.ts';
import { trustAuthorities } from './trust-authorities.ts';

/** Whose certificates are kept. */
interface Kept {
  /** Where the Secret is. */
  readonly namespace: string;
  /** What the certificate is for. */
  readonly names: readonly string[];
  readonly configuration: string;
  readonly lifeMs: number;
}

/** The Secret with the certificates. */
const secretName = 'multiflexi-emissary-webhook';

/**
 * Keeps the certificates of the webhook: in a Secret that all of its operators share, and trusted by the API server. Each
 * operator does it, the leader or not: a change names the version that it was decided on, and the first one wins.
 */
export class CertificateKeeper {
  readonly #cluster: Cluster;
  readonly #kept: Kept;
  readonly #serve: (certificates: Certificates) => void;
  #state: CertificateState | null = null;
  #told = '';

  /** @param serve is given the certificates that are to be served, when they change */
  constructor(cluster: Cluster, kept: Kept, serve: (certificates: Certificates) => void) {
    this.#cluster = cluster;
    this.#kept = kept;
    this.#serve = serve;
  }

  /** Keeps them until the signal is aborted, whatever fails. */
  async keep(signal: AbortSignal): Promise<void> {
    const pauseMs = Math.min(limits.certificateLookMs, this.#kept.lifeMs / 20);
    while (!signal.aborted) {
      try {
        await this.#once(signal);
        this.#tell('');
      } catch (error) {
        if (signal.aborted) return;
        // Somebody was faster.
        if (statusOf(error) === 409) continue;
        this.#tell(messageOf(error));
      }
      await pause(pauseMs, signal);
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const { names, lifeMs, configuration } = this.#kept;
    const found = await this.#read(signal);
    // Where the Secret was deleted, it is made again: what is served and trusted stays.
    const known = found?.state ?? this.#state;
    // The library for that is large, and is seldom needed.
    const make = async (all: readonly string[]) =>
      (await import('./make-certificates.ts')).makeCertificates(all, lifeMs);
    const state = await renewed(known, { names, now: Date.now(), make });
    if (found === null || state !== found.state) await this.#write(found?.version ?? null, state, signal);
    const before = this.#state;
    this.#state = state;
    if (!isDeepStrictEqual(before?.current, state.current)) this.#serve(state.current);
    await trustAuthorities(this.#cluster, configuration, bundleOf(state), signal);
  }

  async #read(
    signal: AbortSignal,
  ): Promise<{ readonly version: string; readonly state: CertificateState | null } | null> {
    try {
      const { data, metadata } = await this.#cluster.send({
        method: 'GET',
        path: this.#path(secretName),
        signal,
      });
      const entries = Object.entries(isRecord(data) ? data : {});
      const files = new Map(
        entries.map(([name, text]) => [name, Buffer.from(String(text), 'base64').toString()]),
      );
      const { resourceVersion } = metadata as { readonly resourceVersion: string };
      return { version: resourceVersion, state: stateOfFiles(files) };
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  async #write(version: string | null, state: CertificateState, signal: AbortSignal): Promise<void> {
    const data = Object.fromEntries(
      Object.entries(secretFiles(state)).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
    );
    if (version !== null) {
      const body = { metadata: { resourceVersion: version }, data };
      await this.#cluster.send({ method: 'PATCH', path: this.#path(secretName), body, signal });
      return;
    }
    const labels = { 'app.kubernetes.io/managed-by': 'multiflexi-emissary' };
    const metadata = { name: secretName, labels };
    const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
    await this.#cluster.send({ method: 'POST', path: this.#path(''), body, signal });
  }

  #path(name: string): string {
    const place = `/api/v1/namespaces/${encodeURIComponent(this.#kept.namespace)}/secrets`;
    return name === '' ? place : `${place}/${encodeURIComponent(name)}`;
  }

  /** Once for each trouble. */
  #tell(reason: string): void {
    if (reason !== '' && reason !== this.#told) log(`The webhook is not set up completely: ${reason}`);
    this.#told = reason;
  }
}
