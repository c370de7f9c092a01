import { type HttpAnswer, type HttpRequest, httpRequest } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { readBoundedBytes } from '../../base/read-bounded.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { storeRoute } from '../store-route.ts';
import { unreachable } from '../unreachable.ts';

/** Where Google's library asks for tokens, whatever a key file says. */
const tokenServer = 'https://oauth2.googleapis.com/token';
/** Servers of the machine itself: no proxy can reach them. */
const ofMachine = /^(?:169\.254\.169\.254|metadata\.google\.internal\.?|\[fd00:ec2::254\])$/;

/**
 * `fetch` for Google's library: by our one client of HTTP, so that proxies and the store's certificate authority apply.
 *
 * @param tokenUri the token server that a key file names; null: Google's
 */
export function googleFetch(environment: Environment, tokenUri: string | null): typeof fetch {
  return async (input, init = {}) => {
    const asked = String(input instanceof Request ? input.url : input);
    const url = new URL(asked === tokenServer && tokenUri !== null ? tokenUri : asked);
    const { proxy, authority } = storeRoute(url, environment);
    const { body, type } = bodyOf(init.body);
    return answered(url, {
      headers: { ...type, ...Object.fromEntries(new Headers(init.headers)) },
      body,
      ...(init.method === 'PUT' && { method: 'PUT' }),
      proxy: ofMachine.test(url.hostname) ? null : proxy,
      authority,
      signal: init.signal ?? AbortSignal.timeout(limits.storeIdleMs),
    });
  };
}

/** @throws StoreError that names the server, and no path */
async function answered(url: URL, request: HttpRequest): Promise<Response> {
  try {
    const answer = await httpRequest(url, request);
    return toResponse(answer, await readBoundedBytes(answer, limits.storeAnswerBytes));
  } catch (cause) {
    throw unreachable(cause, url.host, request.proxy);
  }
}

function toResponse({ statusCode: status = 0, headersDistinct }: HttpAnswer, bytes: Buffer): Response {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value);
  return new Response(hasBody(status) ? new Uint8Array(bytes) : null, { status, headers });
}

function bodyOf(body: RequestInit['body']): {
  readonly body: string | null;
  readonly type: Readonly<Record<string, string>>;
} {
  if (body == null) return { body: null, type: {} };
  const isForm = body instanceof URLSearchParams;
  // Google's library sends texts and forms.
  if (!isForm && typeof body !== 'string') throw new TypeError('a body of an unknown kind');
  return {
    body: body.toString(),
    type: isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
  };
}

function hasBody(status: number): boolean {
  return ![204, 205, 304].includes(status);
}
