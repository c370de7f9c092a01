import {
  AnonymousCredential,
  ContainerClient,
  type StoragePipelineOptions,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { httpAgent } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { Silence } from '../../base/silence.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { StoreError } from '../object-store.ts';
import { storeRoute } from '../store-route.ts';
import { type AzureSettings, azureSettings } from './azure-settings.ts';
import { explainAzure, isOfCredentials } from './explain-azure.ts';

/** Options of each request. */
interface Watched {
  readonly abortSignal: AbortSignal;
  readonly onProgress: () => void;
}

/** Sends requests to one container. Credentials that have expired are read again, once, from where they are. */
export class AzureConnection {
  readonly name: string;
  readonly #address: URL;
  readonly #environment: Environment;
  #settings: AzureSettings;
  #client: Promise<ContainerClient> | null = null;
  readonly #agents: Awaited<ReturnType<typeof httpAgent>>[] = [];

  /** @throws Fault `usage` */
  constructor(address: URL, environment: Environment) {
    this.#address = address;
    this.#environment = environment;
    this.#settings = azureSettings(address, environment);
    this.name = `azblob://${this.#settings.container}`;
  }

  /**
   * @param act sends one request, with a body of its own each time, and with these options: a silent one is ended
   * @throws StoreError, or the signal's reason
   */
  async send<T>(
    act: (client: ContainerClient, options: Watched) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    for (let isLast = false; ; isLast = true) {
      signal.throwIfAborted();
      const settings = this.#settings;
      try {
        this.#client ??= this.#open(settings);
        const client = await this.#client;
        return await unlessSilent(this.name, signal, (options) => act(client, options));
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (isLast || !isOfCredentials(error) || !this.#renew(settings))
          throw explainAzure(error, this.name, this.#settings.credentials);
      }
    }
  }

  close(): void {
    this.#client = null;
    for (const agent of this.#agents.splice(0)) agent.destroy();
  }

  /** @returns whether they are others now */
  #renew(before: AzureSettings): boolean {
    const now = azureSettings(this.#address, this.#environment);
    const isOther = JSON.stringify(now.credentials) !== JSON.stringify(before.credentials);
    if (isOther && this.#settings === before) {
      this.#settings = now;
      this.#client = null;
    }
    return isOther;
  }

  async #open(settings: AzureSettings): Promise<ContainerClient> {
    const url = new URL(`${settings.endpoint}/${settings.container}`);
    const agent = await httpAgent(url.protocol, storeRoute(url, this.#environment), {
      keepAlive: true,
      maxSockets: limits.storeRequests * 2,
    });
    this.#agents.push(agent);
    return clientFor(url, settings, agent, this.#environment);
  }
}

async function unlessSilent<T>(
  name: string,
  signal: AbortSignal,
  act: (options: Watched) => Promise<T>,
): Promise<T> {
  const silent = new AbortController();
  const silence = new Silence(limits.storeIdleMs, () => silent.abort());
  try {
    const abortSignal = AbortSignal.any([signal, silent.signal]);
    return await act({ abortSignal, onProgress: () => silence.heard() });
  } catch (cause) {
    if (!silent.signal.aborted) throw cause;
    throw new StoreError('broken', `${name} was silent for ${limits.storeIdleMs / 1000} s`, { cause });
  } finally {
    silence.cancel();
  }
}

async function clientFor(
  url: URL,
  { credentials }: AzureSettings,
  agent: Awaited<ReturnType<typeof httpAgent>>,
  environment: Environment,
): Promise<ContainerClient> {
  // `Pace` retries, and knows of all requests. The client gives the agent to each request.
  const options = { retryOptions: { maxTries: 1 }, agent } as StoragePipelineOptions;
  switch (credentials.kind) {
    case 'key': {
      const key = new StorageSharedKeyCredential(credentials.account, credentials.key);
      return new ContainerClient(url.href, key, options);
    }
    case 'signature':
      url.search = credentials.query;
      return new ContainerClient(url.href, new AnonymousCredential(), options);
    case 'token': {
      const { azureIdentity } = await import('./azure-identity.ts');
      const identity = azureIdentity(credentials.principal, authorityOf(environment));
      return new ContainerClient(url.href, identity, options);
    }
  }
}

function authorityOf(environment: Environment) {
  const authorityHost = environment.get('AZURE_AUTHORITY_HOST');
  return authorityHost === null ? {} : { authorityHost };
}
