import { isAbsolute } from 'node:path';
import { Fault } from '../../base/fault.ts';
import type { Environment } from '../cli/environment.ts';
import { authorities } from './authority.ts';
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
      /** The path of a socket of this machine, in the place of host and port; null: there is none. */
      readonly socket: string | null;
    };

const variable = 'MULTIFLEXI_DATABASE_URL';
const shapes = 'mysql://user:password@host:3306/database or sqlite:///absolute/path.sqlite';

/**
 * The database that `MULTIFLEXI_DATABASE_URL` names, or null.
 * @throws Fault `usage`; the URL itself is not shown, since it holds a password
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
    // A socket's path, as other programs take it, is no host: `%2Frun%2F…`.
    ['host', decode(url.hostname)],
    ['user', url.username],
    ['database', database],
  ] as const) {
    if (found === '' || found.includes('/'))
      throw new Fault('usage', `${variable} names no ${part}; its form is ${shapes}`);
  }
  // Its name may be the rest of a password with a question mark.
  if ([...url.searchParams.keys()].some((name) => name !== 'ssl-ca' && name !== 'socket'))
    throw new Fault('usage', `${variable} has an unknown parameter; there are ssl-ca and socket`);
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

/** A socket of this machine: whoever can be at its path is trusted as the server is. */
function socketOf({ searchParams, hostname }: URL): string | null {
  const path = searchParams.get('socket');
  if (path === null) return null;
  const fail = (clause: string) => new Fault('usage', `${variable}, socket: ${clause}`);
  if (!isAbsolute(path) || path.includes('\0')) throw fail('it is not an absolute path');
  // It would be reported to another server than the one that is named.
  if (hostname !== 'localhost') throw fail('a socket is on this machine: write localhost as the host');
  if (searchParams.has('ssl-ca')) throw fail('there is no TLS on a socket: leave ssl-ca out');
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
