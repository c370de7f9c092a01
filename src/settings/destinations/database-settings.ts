import { isAbsolute } from 'node:path';
import { Fault } from '../../base/fault.ts';
import type { Environment } from '../cli/environment.ts';
import { authorities } from './authorities.ts';
import { secret } from './secret.ts';

/** MultiFlexi's database. */
export type DatabaseSettings =
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'mariadb';
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
      /** The PEM text of the authority that signed the server's certificate; null: no TLS. */
      readonly authority: string | null;
      /** The path of a local socket, used instead of host and port; null = none. */
      readonly socket: string | null;
    };

const variable = 'MULTIFLEXI_DATABASE_URL';
const shapes = 'mysql://user:password@host:3306/database or sqlite:///absolute/path.sqlite';

/**
 * The database of `MULTIFLEXI_DATABASE_URL`, or null.
 *
 * @throws Fault `usage`; the URL is not shown, since it contains a password
 */
export function databaseSettings(environment: Environment): DatabaseSettings | null {
  const text = secret(environment, variable);
  if (text === null) return null;
  if (text.startsWith('sqlite:')) return sqlite(text);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['mysql:', 'mariadb:'].includes(url.protocol)) {
    throw new Fault('usage', `${variable} is not of the form ${shapes}`);
  }
  return mariadb(url);
}

function sqlite(text: string): DatabaseSettings {
  const path = /^sqlite:\/\/(\/[^?#\0]+)$/.exec(text)?.[1];
  if (path === undefined) throw new Fault('usage', `${variable} is not of the form ${shapes}`);
  return { kind: 'sqlite', path: decode(path) };
}

function mariadb(url: URL): DatabaseSettings {
  const database = decode(url.pathname.slice(1));
  for (const [part, found] of [
    // Other programs accept a socket's path as the host (`%2Frun%2F…`); it is not one here.
    ['host', decode(url.hostname)],
    ['user', url.username],
    ['database', database],
  ] as const) {
    if (found === '' || found.includes('/'))
      throw new Fault('usage', `${variable} has no ${part}; its form is ${shapes}`);
  }
  // The name is not shown: it may be the rest of a password with a question mark.
  if ([...url.searchParams.keys()].some((name) => name !== 'ssl-ca' && name !== 'socket'))
    throw new Fault('usage', `${variable} has an unknown parameter; known are ssl-ca and socket`);
  const authority = url.searchParams.get('ssl-ca');
  return {
    kind: 'mariadb',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decode(url.username),
    password: decode(url.password),
    database,
    authority: authority === null ? null : authorities(authority, `${variable}, ssl-ca`),
    socket: socketOf(url),
  };
}

/** A local socket: whoever can create it is trusted like the server. */
function socketOf({ searchParams, hostname }: URL): string | null {
  const path = searchParams.get('socket');
  if (path === null) return null;
  const fail = (clause: string) => new Fault('usage', `${variable}, socket: ${clause}`);
  if (!isAbsolute(path) || path.includes('\0')) throw fail('it is not an absolute path');
  // Otherwise the job would be reported to another server than the URL names.
  if (hostname !== 'localhost') throw fail('a socket is local: set the host to localhost');
  if (searchParams.has('ssl-ca')) throw fail('a socket has no TLS: remove ssl-ca');
  return path;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new Fault(
      'usage',
      `${variable} has a % that is not followed by two hexadecimal digits; write it as %25`,
      {
        cause,
      },
    );
  }
}
