import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';
import { readAll } from './read-all.ts';

/** How an API server is reached: an address, and the credentials of a kubeconfig. */
export interface ApiAccess {
  readonly server: string;
  readonly credentials: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
}

/** What the tests' own kubeconfigs have: certificates. */
export function apiAccess(kubeconfig: string): ApiAccess {
  const config = parse(readFileSync(kubeconfig, 'utf8'));
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64');
  return {
    server: cluster.server,
    credentials: {
      ca: bytes(cluster['certificate-authority-data']),
      cert: bytes(user['client-certificate-data']),
      key: bytes(user['client-key-data']),
    },
  };
}

/** Sends requests to an API server, some at a time, as kubectl cannot. */
export class ApiClient {
  readonly #access: ApiAccess;
  readonly #agent: Agent;

  constructor(access: ApiAccess) {
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, ...access.credentials });
  }

  /** @throws Error for an answer that is no success */
  send(method: string, path: string, body?: object): Promise<unknown> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const accept =
      path.includes('labelSelector') || path.includes('fieldSelector') ? partial : 'application/json';
    return new Promise((resolve, reject) => {
      const url = new URL(path, this.#access.server);
      const headers = { 'content-type': type, accept };
      request(url, { agent: this.#agent, method, headers }, async (answer) => {
        const text = await readAll(answer);
        const status = answer.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`));
      })
        .on('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Of a list, only who is in it. */
const partial = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
