import {
  type AuthClient,
  AwsClient,
  type AwsClientOptions,
  Compute,
  type Credentials,
  IdentityPoolClient,
  type IdentityPoolClientOptions,
  Impersonated,
  JWT,
  UserRefreshClient,
} from 'google-auth-library';
import { isRecord } from '../../base/is-record.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { StoreError } from '../object-store.ts';
import { NoToken } from './explain-gcs.ts';
import type { GcsCredentials } from './gcs-settings.ts';
import { googleFetch } from './google-fetch.ts';

const scope = 'https://www.googleapis.com/auth/devstorage.read_write';

type Key = Readonly<Record<string, unknown>>;

/**
 * Who gets tokens for these credentials; null: none are needed. It keeps a token until shortly before its end.
 *
 * @throws StoreError `refused` for credentials of an unknown kind
 */
export function gcsIdentity(credentials: GcsCredentials, environment: Environment): AuthClient | null {
  switch (credentials.kind) {
    case 'none':
      return null;
    case 'instance':
      return new Instance(credentials.host, googleFetch(environment, null));
    case 'key':
      return identityOf(credentials.key, environment);
  }
}

function identityOf(key: Key, environment: Environment): AuthClient {
  const tokenUri = textIn(key, 'token_uri');
  const transporterOptions = { fetchImplementation: googleFetch(environment, tokenUri) };
  switch (key['type']) {
    case 'service_account':
      return new JWT({
        email: textIn(key, 'client_email') ?? '',
        key: textIn(key, 'private_key') ?? '',
        ...(textIn(key, 'private_key_id') !== null && { keyId: textIn(key, 'private_key_id') ?? '' }),
        // Whom the assertion is for.
        ...(tokenUri !== null && { additionalClaims: { aud: tokenUri } }),
        scopes: [scope],
        transporterOptions,
      });
    case 'authorized_user': {
      const user = new UserRefreshClient({ transporterOptions });
      user.fromJSON(key as Parameters<UserRefreshClient['fromJSON']>[0]);
      return user;
    }
    case 'external_account':
      return federated(key, transporterOptions);
    case 'impersonated_service_account':
      return impersonated(key, environment, transporterOptions);
    default:
      throw new StoreError('refused', "Google's credentials are of a kind that is not known here");
  }
}

type Transport = { readonly transporterOptions: { readonly fetchImplementation: typeof fetch } };

/** Workload identity: a token of another issuer from a file or an address, or AWS'. */
function federated(key: Key, transporterOptions: Transport['transporterOptions']): AuthClient {
  const source = isRecord(key['credential_source']) ? key['credential_source'] : {};
  if ('executable' in source)
    throw new StoreError('refused', "Google's credentials name a program, which is not started here");
  if ('certificate' in source)
    throw new StoreError(
      'refused',
      "Google's credentials name a client's certificate, which is not used here",
    );
  const options = { ...key, scopes: [scope], transporterOptions };
  const client =
    'environment_id' in source
      ? new AwsClient(options as unknown as AwsClientOptions)
      : new IdentityPoolClient(options as unknown as IdentityPoolClientOptions);
  // The library makes its exchange of tokens without the options.
  const { stsCredential } = client as unknown as { readonly stsCredential: { transporter: unknown } };
  stsCredential.transporter = client.transporter;
  return client;
}

function impersonated(
  key: Key,
  environment: Environment,
  transporterOptions: Transport['transporterOptions'],
): AuthClient {
  const { source_credentials: source, delegates } = key;
  const url = textIn(key, 'service_account_impersonation_url') ?? '';
  const [, target] = /\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(url) ?? [];
  if (!isRecord(source) || target === undefined)
    throw new StoreError('refused', "Google's credentials name nobody to act for");
  return new Impersonated({
    sourceClient: identityOf(source, environment),
    targetPrincipal: target,
    targetScopes: [scope],
    delegates: Array.isArray(delegates) ? delegates.map(String) : [],
    transporterOptions,
  });
}

function textIn(key: Key, name: string): string | null {
  const value = key[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** As the library returns them. */
interface Tokens {
  readonly tokens: Credentials;
  readonly res: null;
}

/** The service account of a pod or a machine. The library's own request would go through a proxy. */
class Instance extends Compute {
  readonly #url: string;
  readonly #fetch: typeof fetch;
  /** How long it is waited for. */
  #patienceMs: number = limits.storeIdentityMs;

  constructor(host: string, ask: typeof fetch) {
    super();
    this.#url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
    this.#fetch = ask;
  }

  protected override async refreshTokenNoCache(): Promise<Tokens> {
    const answer = await this.#ask();
    const found: unknown = answer.ok ? await answer.json().catch(() => null) : null;
    const isGoogle = answer.headers.get('metadata-flavor') === 'Google';
    if (!isGoogle || !isRecord(found) || typeof found['access_token'] !== 'string')
      throw new NoToken(answer.status >= 500 ? 'broken' : 'refused', `metadata server, ${answer.status}`);
    const seconds = Number(found['expires_in'] ?? 0);
    const tokens = { access_token: found['access_token'], expiry_date: Date.now() + seconds * 1000 };
    return { tokens, res: null };
  }

  /** In a pod that has just started, it may not answer yet. */
  async #ask(): Promise<Response> {
    const end = performance.now() + this.#patienceMs;
    for (;;) {
      try {
        const signal = AbortSignal.timeout(limits.storeConnectMs);
        return await this.#fetch(this.#url, { headers: { 'metadata-flavor': 'Google' }, signal });
      } catch (cause) {
        await pause(limits.storeRetryFirstMs, new AbortController().signal);
        if (performance.now() < end) continue;
        this.#patienceMs = 0;
        throw new NoToken('absent', 'metadata server', { cause });
      }
    }
  }
}
