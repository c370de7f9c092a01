import type { Agent, IncomingMessage, RequestOptions } from 'node:http';
import { DeliveryError } from '../../base/delivery-error.ts';
import { errnoOf, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { RestSettings } from '../../settings/destinations/rest-settings.ts';
import type { HttpProxy } from '../../settings/proxy.ts';
import { certificateAdvice } from '../certificate-advice.ts';
import { clockDifference } from '../clock-difference.ts';
import { decodeBody } from './decode-body.ts';

/** What a server answered. The body is text, cut off at a bound. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** What `Retry-After` asks for, in ms, or null. */
  readonly retryAfterMs: number | null;
  /** Ms that the server's clock is ahead of ours, as far as `Date` tells. */
  readonly clockAheadMs: number;
}

/**
 * One request to MultiFlexi's REST server, with HTTP Basic. A redirect is not followed: the password is for this
 * server only.
 *
 * @param body sent as JSON; null for a GET
 * @throws DeliveryError when there was no answer. Neither headers nor a body are ever part of a message.
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

/** None: a kept connection may be closed by the server just when the next request is sent. */
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

/** A clock that is very far away is none: a device on the way that has not been told the time, or a mistake. */
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
    `shows a certificate that is not trusted (${code}); ${setting}`,
  );
  // It will not be trusted a second later either.
  if (advice !== null)
    return new DeliveryError(`The REST server ${host} ${advice}`, { permanent: true, cause });
  const refused =
    code === 'ERR_PROXY_TUNNEL' && settings.proxy !== null ? refusalOf(settings.proxy, cause) : null;
  if (refused !== null) {
    const [reason, permanent] = refused;
    return new DeliveryError(`The REST server ${host} cannot be reached: ${reason}`, { permanent, cause });
  }
  const timedOut = cause instanceof Error && (cause.name === 'TimeoutError' || cause.name === 'AbortError');
  const reason = timedOut ? `no answer within ${limits.exchangeMs / 1000} s` : reasonOf(code, cause);
  const way =
    settings.proxy === null
      ? ''
      : ` (through the proxy ${settings.proxy.name} of ${settings.proxy.variable})`;
  return new DeliveryError(`The REST server ${host} cannot be reached: ${reason}${way}`, {
    permanent: false,
    cause,
  });
}

/** Why a proxy made no connection; null where it did not even answer as one. */
function refusalOf(
  { name, variable }: HttpProxy,
  cause: unknown,
): readonly [reason: string, permanent: boolean] | null {
  const { statusCode: status } = cause as { readonly statusCode?: unknown };
  if (typeof status !== 'number' || !(status >= 300 && status < 600)) return null;
  const advice = status === 407 ? `; it asks for a name and a password in ${variable}` : '';
  return [`the proxy ${name} of ${variable} refused the connection (${status})${advice}`, status < 500];
}

/** Node's words tell which names the certificate holds; else the code says all of it, without advice about Node. */
function trouble(code: string, cause: unknown): string {
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? messageOf(cause).slice(0, limits.namedCharacters) : code;
}

function reasonOf(code: string, cause: unknown): string {
  if (code === 'EPROTO') return 'it does not speak TLS there (EPROTO); check https:// in MULTIFLEXI_API_URL';
  return code || messageOf(cause);
}
