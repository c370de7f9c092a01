import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

/** Who gives tokens: Google's token server, its security token service, and a metadata server. */
export interface GoogleTokens {
  readonly host: string;
  readonly url: string;
  /** The paths of all requests. */
  readonly asked: readonly string[];
  /** The forms that were sent. */
  readonly forms: readonly URLSearchParams[];
  /** The token that it gave last. */
  readonly token: string;
  /** Of a service account whose tokens come from here. */
  readonly key: Readonly<Record<string, string>>;
  /** Answers with this from now on; null: tokens. */
  refuse(answer: { readonly status: number; readonly body: object } | null): void;
  /** Whether a request has the newest token. */
  isNewest(headers: IncomingMessage['headers']): boolean;
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** Starts one until the test ends. */
export async function startGoogleTokens(t: TestContext): Promise<GoogleTokens> {
  const [asked, forms]: [string[], URLSearchParams[]] = [[], []];
  let refusal: { readonly status: number; readonly body: object } | null = null;
  let given = 0;
  const server = createServer(async (incoming, answer) => {
    let text = '';
    for await (const piece of incoming) text += piece;
    asked.push(incoming.url ?? '');
    forms.push(new URLSearchParams(text));
    const problem = refusal ?? problemOf(incoming, new URLSearchParams(text), url());
    if (problem !== null) return reply(answer, problem.status, problem.body);
    given += 1;
    reply(answer, 200, {
      access_token: `token-${given}`,
      expires_in: 3600,
      token_type: 'Bearer',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(t, () => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = () => `http://${host}`;
  return {
    host,
    url: url(),
    asked,
    forms,
    get token() {
      return `token-${given}`;
    },
    key: {
      type: 'service_account',
      client_email: 'reporter@project.example',
      private_key_id: 'abc',
      private_key: privateKey,
      token_uri: `${url()}/token`,
    },
    refuse: (answer) => {
      refusal = answer;
    },
    isNewest: ({ authorization }) => authorization === `Bearer token-${given}`,
  };
}

type Problem = { readonly status: number; readonly body: object } | null;

function problemOf(incoming: IncomingMessage, form: URLSearchParams, url: string): Problem {
  if (incoming.url === '/computeMetadata/v1/instance/service-accounts/default/token')
    return incoming.headers['metadata-flavor'] === 'Google' ? null : { status: 403, body: {} };
  if (incoming.url === '/sts')
    return form.get('subject_token') === 'a token of the cluster' ? null : { status: 401, body: {} };
  const assertion = form.get('assertion') ?? '';
  return isSigned(assertion, `${url}/token`)
    ? null
    : { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } };
}

/** As Google's own server checks it. */
function isSigned(assertion: string, audience: string): boolean {
  const [header = '', claims = '', signature = ''] = assertion.split('.');
  const verifier = createVerify('RSA-SHA256').update(`${header}.${claims}`);
  if (!verifier.verify(createPublicKey(publicKey), Buffer.from(signature, 'base64url'))) return false;
  const { iss, aud, scope, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return (
    iss === 'reporter@project.example' &&
    // Through a proxy, this machine has another name.
    aud.replace('tokens.example', '127.0.0.1') === audience &&
    /devstorage\.read_write/.test(scope) &&
    exp > Date.now() / 1000
  );
}

function reply(answer: ServerResponse, status: number, body: object): void {
  answer.writeHead(status, { 'content-type': 'application/json', 'metadata-flavor': 'Google' });
  answer.end(JSON.stringify(body));
}
