import type { Agent, IncomingMessage, RequestOptions } from 'node:http';
import { DeliveryError } from '../../base/delivery-error.ts';
import { errnoOf, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { RestSettings } from '../../settings/destinations/rest-settings.ts';
import type { HttpProxy } from '../../settings/proxy.ts';
import { certificateAdvice } from '../certificate-advice.ts';
import { clockDifference } from '../clock-difference.ts';
import { decodeBody } from './decode-body.ts';

/** A server's response. The body is text, cut off at a limit. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** The delay that `Retry-After` requests, in ms, or null. */
  readonly retryAfterMs: number | null;
  /** Ms that the server's clock is ahead of ours, according to `Date`. */
  readonly clockAheadMs: number;
}

/**
 * Sends one request to MultiFlexi's REST server, with HTTP Basic authentication. Redirects are not followed: the password
 * is for this server only.
 *
 * @param body sent as JSON; null for a GET
 * @throws DeliveryError if there is no response. Its message never contains headers or a body.
 */
export async function exchange(settings: RestSettings, path: string, body: object | null): Promise<Answer> {
  const url = new URL(`${settings.baseUrl}${path}`);
  const text = body === null ? null : JSON.stringify(body);
  const options: RequestOptions & { ca?: string } = {
    method: text === null ? 'GET' : 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${settings.user}:${settings.password}`).toString('base64')}`,
      Accept: 'application/json',
      'Accept-Encoding': 'identity',
      ...(text !== null && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
    },
    agent: await agentFor(settings),
    signal: AbortSignal.timeout(limits.exchangeMs),
    ...(settings.authority !== null && { ca: settings.authority }),
  };
  try {
    return await send(url, options, text);
  } catch (cause) {
    throw unreachable(settings, cause);
  }
}

/** No agent without a proxy: the server could close a kept-alive connection just when the next request is sent. */
async function agentFor({ baseUrl, proxy, authority }: RestSettings): Promise<Agent | false> {
  if (proxy === null) return false;
  const { proxyAgent } = await import('../../base/proxy-agent.ts');
  const options = authority === null ? {} : { ca: authority };
  return proxyAgent(new URL(baseUrl).protocol, proxy.address, options);
}

async function send(url: URL, options: RequestOptions, text: string | null): Promise<Answer> {
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const asked = Date.now();
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const clockAheadMs = clockAhead(response, asked);
      readBody(response).then((body) => resolve({ ...toAnswer(response, body), clockAheadMs }), reject);
    });
    sent.on('error', reject);
    sent.end(text ?? undefined);
  });
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
    if (bytes > limits.answerBytes) {
      response.destroy();
      break;
    }
  }
  return Buffer.concat(pieces).subarray(0, limits.answerBytes);
}

/** A very large difference is ignored: it is a mistake, or the clock of a device on the way that is not set. */
function clockAhead({ headers }: IncomingMessage, asked: number): number {
  const ahead = clockDifference(asked, Date.now(), Date.parse(headers.date ?? ''), 1000);
  return Math.abs(ahead) > limits.clockDifferenceMs ? 0 : ahead;
}

function toAnswer(response: IncomingMessage, body: Buffer): Omit<Answer, 'clockAheadMs'> {
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    body: decodeBody(body, response.headers['content-encoding'] ?? ''),
    retryAfterMs: retryAfter(response.headers['retry-after']),
  };
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = /^[0-9]{1,9}$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

function unreachable(settings: RestSettings, cause: unknown): DeliveryError {
  const { host } = new URL(settings.baseUrl);
  const code = errnoOf(cause) ?? '';
  const setting = settings.authority === null ? 'set MULTIFLEXI_API_CA_FILE' : 'check MULTIFLEXI_API_CA_FILE';
  const advice = certificateAdvice(
    trouble(code, cause),
    `presents a certificate that is not trusted (${code}); ${setting}`,
  );
  // A retry would not help.
  if (advice !== null)
    return new DeliveryError(`The REST server ${host} ${advice}`, { permanent: true, cause });
  const refused =
    code === 'ERR_PROXY_TUNNEL' && settings.proxy !== null ? refusalOf(settings.proxy, cause) : null;
  if (refused !== null) {
    const [reason, permanent] = refused;
    return new DeliveryError(`Cannot reach the REST server ${host}: ${reason}`, { permanent, cause });
  }
  const timedOut = cause instanceof Error && (cause.name === 'TimeoutError' || cause.name === 'AbortError');
  const reason = timedOut ? `no answer within ${limits.exchangeMs / 1000} s` : reasonOf(code, cause);
  const way =
    settings.proxy === null
      ? ''
      : ` (through the proxy ${settings.proxy.name} of ${settings.proxy.variable})`;
  return new DeliveryError(`Cannot reach the REST server ${host}: ${reason}${way}`, {
    permanent: false,
    cause,
  });
}

/** Why a proxy made no connection; null if it did not even answer as a proxy. */
function refusalOf(
  { name, variable }: HttpProxy,
  cause: unknown,
): readonly [reason: string, permanent: boolean] | null {
  const { statusCode: status } = cause as { readonly statusCode?: unknown };
  if (typeof status !== 'number' || !(status >= 300 && status < 600)) return null;
  const advice = status === 407 ? `; set a user name and a password in ${variable}` : '';
  return [`the proxy ${name} of ${variable} refused the connection (${status})${advice}`, status < 500];
}

/** Node's message lists the names in the certificate; otherwise the code suffices, without advice about Node. */
function trouble(code: string, cause: unknown): string {
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? messageOf(cause).slice(0, limits.quotedCharacters) : code;
}

function reasonOf(code: string, cause: unknown): string {
  if (code === 'EPROTO') return 'it does not speak TLS there (EPROTO); check https:// in MULTIFLEXI_API_URL';
  return code || messageOf(cause);
}
