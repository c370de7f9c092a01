import { Fault } from '../base/fault.ts';
import { authorities } from './authority.ts';
import type { Environment } from './environment.ts';
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
  if ([...url.searchParams.keys()].some((name) => name !== 'ssl-ca'))
    throw new Fault('usage', `${variable} has an unknown parameter; there is ssl-ca`);
  const authority = url.searchParams.get('ssl-ca');
  return {
    kind: 'mariadb',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decode(url.username),
    password: decode(url.password),
    database,
    authority: authority === null ? null : authorities(authority, `${variable}, ssl-ca`),
  };
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
