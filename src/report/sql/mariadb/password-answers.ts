import { type AuthPlugin, authPlugins } from 'mysql2';
import { ed25519Answer } from './ed25519-answer.ts';

/** The code of the error where a server asks for what only a server that has shown who it is may have. */
export const inClear = 'PASSWORD_IN_CLEAR';

/**
 * How the server's questions for the password are answered. Over a connection that anybody could have taken, only such
 * answers are given as tell nothing of it: a server that asks for the password itself, or for it encrypted with a key
 * that comes from nowhere, may be an impostor's.
 *
 * @param isSecure whether the connection is one over TLS, or to a socket of this machine
 */
export function passwordAnswers(password: string, isSecure: boolean): Readonly<Record<string, AuthPlugin>> {
  const itself = isSecure ? () => () => Buffer.from(`${password}\0`) : refuseOver;
  const first = authPlugins.caching_sha2_password({
    overrideIsSecure: isSecure,
    // The key has just come from the same connection: whoever sits in the middle has sent his own.
    onServerPublicKey: refuse,
  });
  return {
    mysql_clear_password: itself,
    sha256_password: itself,
    caching_sha2_password: first,
    client_ed25519: () => (nonce) => ed25519Answer(password, nonce.subarray(0, nonceBytes)),
  };
}

/** What is behind it is the end of the server's string. */
const nonceBytes = 32;

const refuseOver: AuthPlugin = () => refuse;

function refuse(): never {
  throw Object.assign(new Error('it asks for the password itself'), { code: inClear });
}
