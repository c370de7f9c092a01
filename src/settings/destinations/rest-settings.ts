import { Fault } from '../../base/fault.ts';
import type { HttpProxy } from '../../base/http-request.ts';
import type { Environment } from '../cli/environment.ts';
import { proxyFor } from '../proxy.ts';
import { authorities } from './authorities.ts';
import { secret } from './secret.ts';

/** MultiFlexi's REST server. */
export interface RestSettings {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly user: string;
  readonly password: string;
  /** The PEM text of a custom certificate authority, or null for the default ones. */
  readonly authority: string | null;
  /** The proxy to the server; null = none. */
  readonly proxy: HttpProxy | null;
  /** The IANA zone of the database server's clock. */
  readonly timeZone: string;
}

/**
 * The server of `MULTIFLEXI_API_URL`, or null.
 *
 * @throws Fault `usage`
 */
export function restSettings(environment: Environment): RestSettings | null {
  const text = environment.get('MULTIFLEXI_API_URL');
  if (text === null) return null;
  const user = environment.get('MULTIFLEXI_API_USER');
  const password = secret(environment, 'MULTIFLEXI_API_PASSWORD');
  if (user === null)
    throw new Fault('usage', 'MULTIFLEXI_API_USER is not set: the REST server requires a user name');
  if (user.includes(':'))
    throw new Fault('usage', 'MULTIFLEXI_API_USER: a name with ":" cannot be sent (HTTP Basic)');
  if (password === null) {
    throw new Fault('usage', 'Neither MULTIFLEXI_API_PASSWORD nor MULTIFLEXI_API_PASSWORD_FILE is set');
  }
  const authority = environment.get('MULTIFLEXI_API_CA_FILE');
  const url = baseUrl(text);
  return {
    baseUrl: url,
    user,
    password,
    authority: authority === null ? null : authorities(authority, 'MULTIFLEXI_API_CA_FILE'),
    proxy: proxyFor(new URL(url), environment),
    timeZone: timeZone(environment.get('MULTIFLEXI_TIMEZONE') ?? 'UTC'),
  };
}

/** Hosts for which plain HTTP stays on this machine. */
const localHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Fault('usage', 'MULTIFLEXI_API_URL is not an http:// or https:// address');
  }
  if (url.username !== '' || url.password !== '') {
    throw new Fault(
      'usage',
      'MULTIFLEXI_API_URL contains a user name or password; set MULTIFLEXI_API_USER and …_PASSWORD instead',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new Fault('usage', 'MULTIFLEXI_API_URL has a ? or # part; the base address has neither');
  }
  if (url.protocol === 'http:' && !localHosts.includes(url.hostname)) {
    throw new Fault('usage', 'MULTIFLEXI_API_URL: plain HTTP would expose the password; use https://');
  }
  return url.href.replace(/\/+$/, '');
}

function timeZone(text: string): string {
  try {
    return new Temporal.ZonedDateTime(0n, text).timeZoneId;
  } catch (cause) {
    throw new Fault('usage', 'MULTIFLEXI_TIMEZONE is not a time zone (like Europe/Prague)', {
      cause,
    });
  }
}
