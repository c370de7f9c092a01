import { type AuthPlugin, authPlugins } from 'mysql2';
import { ed25519Answer } from './ed25519-answer.ts';

/** The error code if an unauthenticated server asks for the password itself. */
export const inClear = 'PASSWORD_IN_CLEAR';

/**
 * The answers to the server's password requests. Over a connection to an unverified server, only answers that do not reveal
 * the password are given: a server that asks for the password itself, or for it encrypted with an unverified key, may be
 * an impostor's.
 *
 * @param isSecure whether the connection is over TLS, or to a socket of this machine
 */
export function passwordAnswers(password: string, isSecure: boolean): Readonly<Record<string, AuthPlugin>> {
  const itself = isSecure ? () => () => Buffer.from(`${password}\0`) : refuseOver;
  const first = authPlugins.caching_sha2_password({
    overrideIsSecure: isSecure,
    // The key comes over the same connection: a man in the middle could have sent his own.
    onServerPublicKey: refuse,
  });
  return {
    mysql_clear_password: itself,
    sha256_password: itself,
    caching_sha2_password: first,
    client_ed25519: () => (nonce) => ed25519Answer(password, nonce.subarray(0, nonceBytes)),
  };
}

/** The byte after the nonce terminates the server's string. */
const nonceBytes = 32;

const refuseOver: AuthPlugin = () => refuse;

function refuse(): never {
  throw Object.assign(new Error('it asks for the password in clear text'), { code: inClear });
}
