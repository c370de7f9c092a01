import { BlockList, isIP } from 'node:net';
import { Fault } from '../base/fault.ts';
import type { HttpProxy } from '../base/http-request.ts';
import type { Environment } from './cli/environment.ts';

/**
 * The proxy from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` for a URL, as curl and Go read them; null = none.
 * Lower-case names take precedence. This machine itself is never reached through a proxy.
 *
 * @throws Fault `usage` that names the variable, never its value
 */
export function proxyFor(url: URL, environment: Environment): HttpProxy | null {
  const variable = variableFor(url, environment);
  const text = variable === null ? null : environment.get(variable);
  if (variable === null || text === null || isLocal(url.hostname)) return null;
  if (isExcluded(url, environment.get('no_proxy', 'NO_PROXY') ?? '')) return null;
  // Many people omit the protocol.
  const address = text.includes('://') ? text : `http://${text}`;
  const proxy = URL.canParse(address) ? new URL(address) : null;
  if (proxy === null || !/^https?:$/.test(proxy.protocol) || proxy.hostname === '')
    throw new Fault('usage', `${variable} is not the address of an HTTP proxy (http://host:port)`);
  return { address: proxy.href, name: proxy.host, variable };
}

function variableFor({ protocol }: URL, environment: Environment): string | null {
  const lower = protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  if (environment.get(lower) !== null) return lower;
  // In a CGI program, HTTP_PROXY is a request header (https://httpoxy.org/).
  if (lower === 'http_proxy' && environment.get('REQUEST_METHOD') !== null) return null;
  const upper = lower.toUpperCase();
  return environment.get(upper) === null ? null : upper;
}

function isLocal(hostname: string): boolean {
  const host = withoutBrackets(hostname);
  return host === 'localhost' || host.endsWith('.localhost') || isWithin(host, loopback);
}

/** `example.com` and `.example.com` match the domain and all its subdomains; addresses may be ranges (`10.0.0.0/8`). */
function isExcluded(url: URL, list: string): boolean {
  const host = withoutBrackets(url.hostname).replace(/\.$/, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry === '*' || (entry !== '' && matches(entry, host, port)));
}

function matches(entry: string, host: string, port: string): boolean {
  const [, bracketed, bare = '', wanted] =
    /^(?:\[([^\]]*)\]|([^:]*|.*:.*:[^/]*(?:\/[0-9]+)?))(?::([0-9]+))?$/.exec(entry) ?? [];
  if (wanted !== undefined && wanted !== port) return false;
  const name = bracketed ?? bare;
  if (isIP(host) !== 0) return isWithin(host, name);
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

const loopback = ['127.0.0.0/8', '::1/128'];

function isWithin(host: string, ranges: string | readonly string[]): boolean {
  const list = new BlockList();
  for (const range of [ranges].flat()) {
    const [network = '', bits] = range.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    const maxBits = family === 'ipv6' ? 128 : 32;
    if (isIP(network) === 0 || Number(bits ?? maxBits) > maxBits) continue;
    list.addSubnet(network, Number(bits ?? maxBits), family);
  }
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}
