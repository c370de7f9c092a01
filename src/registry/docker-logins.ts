import { isRecord } from '../base/is-record.ts';
import { imageReference } from './image-reference.ts';
import type { RegistryLogin } from './registry-login.ts';

/**
 * The logins for an image in Docker's `config.json`, the most specific first, as the kubelet takes them: a key may be a host
 * with a part of the path, and `*` stands for one part of the host's name.
 *
 * @param auths what is below its key `auths`, of one file or of several
 */
export function dockerLogins(image: string, auths: readonly unknown[]): readonly RegistryLogin[] {
  const { host, repository } = imageReference(image);
  return auths
    .flatMap(loginsIn)
    .filter(({ key }) => isFor(key, `${host}/${repository}`))
    .sort((one, other) => other.key.length - one.key.length)
    .map(({ login }) => login);
}

function loginsIn(auths: unknown) {
  return Object.entries(isRecord(auths) ? auths : {}).flatMap(([key, entry]) => {
    const login = isRecord(entry) ? loginOf(entry) : null;
    return login === null ? [] : [{ key: plainKey(key), login }];
  });
}

function loginOf({ username, password, auth }: Readonly<Record<string, unknown>>): RegistryLogin | null {
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  if (typeof auth !== 'string') return null;
  const [, user, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth, 'base64').toString().trim()) ?? [];
  return user === undefined || secret === undefined ? null : { username: user, password: secret };
}

/** Docker Hub has several names. */
function plainKey(key: string): string {
  const plain = key.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '');
  return plain.replace(/^(index\.docker\.io|docker\.io)(?=\/|$)/, 'registry-1.docker.io');
}

function isFor(key: string, place: string): boolean {
  const [host = '', ...path] = key.split('/');
  const [ownHost = '', ...ownPath] = place.split('/');
  const parts = host.split('.');
  const own = ownHost.split('.');
  const isHost =
    parts.length === own.length && parts.every((part, index) => part === '*' || part === own[index]);
  return isHost && path.every((part, index) => part === ownPath[index]);
}
