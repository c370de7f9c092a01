import { sentenceOf } from '../base/fault.ts';
import { DeliveryError } from './sink.ts';

/** What a person has to do, by MariaDB's error code (https://mariadb.com/kb/en/mariadb-error-code-reference/). */
const permanent: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: 'it refused the user name or the password; check MULTIFLEXI_DATABASE_URL',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    'it refused the user name or the password; check MULTIFLEXI_DATABASE_URL',
  ER_DBACCESS_DENIED_ERROR: 'this user has no right to use it; check MULTIFLEXI_DATABASE_URL and the grants',
  ER_BAD_DB_ERROR: 'there is no such database; check MULTIFLEXI_DATABASE_URL',
  ER_NO_SUCH_TABLE: "it lacks one of MultiFlexi's tables; check MULTIFLEXI_DATABASE_URL",
  ER_TABLEACCESS_DENIED_ERROR:
    'this user may not write to the tables job, job_output_lines and artifacts; check the grants',
  ER_HOST_NOT_PRIVILEGED: 'it takes no connection from this host; check the grants',
  HANDSHAKE_NO_SSL_SUPPORT: 'it does not offer TLS, which ssl-ca asks for',
  HANDSHAKE_SSL_ERROR: 'its certificate is not signed by the authority in ssl-ca',
};

/** Passing troubles of the network and the server: tried again. */
const passing: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_LOCK_DEADLOCK',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_ABORTING_CONNECTION',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_CONNECTION_KILLED',
  'ER_QUERY_INTERRUPTED',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_DISK_FULL',
  'ER_RECORD_FILE_FULL',
];

/** A sentence about a failed exchange with MariaDB. The driver's own words hold the user's name, never the password. */
export function explainMariadb(error: unknown, name: string): DeliveryError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const advice = permanent[code];
  if (advice !== undefined)
    return new DeliveryError(`Cannot write to ${name}: ${advice}`, { permanent: true, cause: error });
  const lost =
    passing.includes(code) || /closed state|Connection lost|Pool is closed/i.test(sentenceOf(error));
  const words = sentenceOf(error).split('\n')[0]?.slice(0, 300) ?? '';
  return new DeliveryError(
    `Cannot write to ${name}: ${code === '' || words.includes(code) ? words : `${code}, ${words}`}`,
    {
      permanent: !lost,
      cause: error,
    },
  );
}
