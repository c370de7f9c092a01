import { DeliveryError } from '../../base/delivery-error.ts';
import { errnoOf, messageOf } from '../../base/fault.ts';
import { type HttpAnswer, httpRequest, proxyRefusal } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { retryAfter } from '../../base/retry-after.ts';
import type { RestSettings } from '../../settings/destinations/rest-settings.ts';
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
  const credentials = Buffer.from(`${settings.user}:${settings.password}`).toString('base64');
  const headers = {
    authorization: `Basic ${credentials}`,
    accept: 'application/json',
    ...(body !== null && { 'content-type': 'application/json' }),
  };
  const signal = AbortSignal.timeout(limits.exchangeMs);
  const asked = Date.now();
  try {
    const answer = await httpRequest(new URL(`${settings.baseUrl}${path}`), {
      headers,
      body: body === null ? null : JSON.stringify(body),
      signal,
      proxy: settings.proxy,
      authority: settings.authority,
    });
    const clockAheadMs = clockAhead(answer, asked);
    return { ...toAnswer(answer, await readBody(answer)), clockAheadMs };
  } catch (cause) {
    throw unreachable(settings, signal.aborted ? signal.reason : cause);
  }
}

async function readBody(response: HttpAnswer): Promise<Buffer> {
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
function clockAhead({ headers }: HttpAnswer, asked: number): number {
  const ahead = clockDifference(asked, Date.now(), Date.parse(headers.date ?? ''), 1000);
  return Math.abs(ahead) > limits.clockDifferenceMs ? 0 : ahead;
}

function toAnswer(response: HttpAnswer, body: Buffer): Omit<Answer, 'clockAheadMs'> {
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    body: decodeBody(body, response.headers['content-encoding'] ?? ''),
    retryAfterMs: retryAfter(response.headers['retry-after']),
  };
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
  const refusal = settings.proxy === null ? null : proxyRefusal(settings.proxy, cause);
  if (refusal !== null) {
    const { reason, permanent } = refusal;
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

/** Node's message lists the names in the certificate; otherwise the code suffices, without advice about Node. */
function trouble(code: string, cause: unknown): string {
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? messageOf(cause).slice(0, limits.quotedCharacters) : code;
}

function reasonOf(code: string, cause: unknown): string {
  if (code === 'EPROTO') return 'it does not speak TLS there (EPROTO); check https:// in MULTIFLEXI_API_URL';
  return code || messageOf(cause);
}
