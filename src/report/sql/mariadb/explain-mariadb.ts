import { DeliveryError } from '../../../base/delivery-error.ts';
import { messageOf } from '../../../base/fault.ts';
import { limits } from '../../../base/limits.ts';
import { certificateAdvice } from '../../certificate-advice.ts';
import type { DatabaseAccess } from '../sql-database.ts';
import { endless } from './mariadb-guard.ts';
import { inClear } from './password-answers.ts';

const passwordInClear =
  'it asks for the password in clear text, which is sent over TLS only; set ?ssl-ca=FILE in MULTIFLEXI_DATABASE_URL';

/** What the user has to do, by MariaDB's error code (https://mariadb.com/kb/en/mariadb-error-code-reference/). */
const permanent: Readonly<Record<string, string>> = {
  ER_DBACCESS_DENIED_ERROR: 'this user has no access to it; check MULTIFLEXI_DATABASE_URL and the grants',
  ER_BAD_DB_ERROR: 'there is no such database; check MULTIFLEXI_DATABASE_URL',
  ER_HOST_NOT_PRIVILEGED: 'it does not accept connections from this host; check the grants',
  HANDSHAKE_NO_SSL_SUPPORT: 'it does not offer TLS, which ssl-ca requires',
  ER_ACCOUNT_HAS_BEEN_LOCKED: 'the account of this user is locked',
  ER_MUST_CHANGE_PASSWORD: 'the password of this user has expired',
  ER_MUST_CHANGE_PASSWORD_LOGIN: 'the password of this user has expired',
  MYSQL_CLEAR_PASSWORD_NOT_ENABLED: passwordInClear,
  [inClear]: passwordInClear,
  [endless]: 'its answer is too long; check which server is at the address in MULTIFLEXI_DATABASE_URL',
  ER_NO_REFERENCED_ROW_2: "the job's row no longer exists",
};

/** Temporary failures of the network and the server: retried. */
const passing: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // A socket that the server has not created yet.
  'ENOENT',
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
  'ER_CHECKREAD',
  'ER_ERROR_DURING_COMMIT',
  'ER_STATEMENT_TIMEOUT',
  'ER_CLUSTER_NOT_READY',
  'HANDSHAKE_SSL_ERROR',
];

/** Only the value is wrong: others can still be stored. */
const ofValue: readonly string[] = [
  'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD',
  'ER_DATA_TOO_LONG',
  'ER_WARN_DATA_OUT_OF_RANGE',
  'ER_SIGNAL_EXCEPTION',
];

/** The driver knows MySQL's numbers only: it has no name, or a wrong one, for MariaDB's own. */
const names: Readonly<Record<number, string>> = {
  1047: 'ER_CLUSTER_NOT_READY',
  1927: 'ER_CONNECTION_KILLED',
  1969: 'ER_STATEMENT_TIMEOUT',
  4151: 'ER_ACCOUNT_HAS_BEEN_LOCKED',
};

/** The database that an exchange has failed with. */
interface ExplainedDatabase {
  readonly name: string;
  /** Whether the connection was over TLS, or to a socket. */
  readonly isSecure: boolean;
  readonly access: DatabaseAccess;
}

/** Describes a failed exchange with MariaDB. The driver's messages may contain the user's name, never the password. */
export function explainMariadb(error: unknown, { name, isSecure, access }: ExplainedDatabase): DeliveryError {
  const failed = `Cannot ${access === 'read' ? 'read' : 'write to'} ${name}`;
  const reason = messageOf(error).slice(0, limits.quotedCharacters).split('\n')[0] ?? '';
  const code = codeOf(error);
  const advice = permanent[code] ?? adviceOn(code, reason, isSecure);
  if (advice !== null) return new DeliveryError(`${failed}: ${advice}`, { permanent: true, cause: error });
  const lost = passing.includes(code) || /closed state|Connection lost|packets out of order/i.test(reason);
  return new DeliveryError(
    `${failed}: ${code === '' || reason.includes(code) ? reason : `${code}, ${reason}`}`,
    {
      permanent: !lost,
      isOfValue: ofValue.includes(code),
      cause: error,
    },
  );
}

/** The name of an error, or its number if it has none; empty if it is not an error of a server or a network. */
function codeOf(error: unknown): string {
  const { code, errno } = (error ?? {}) as { readonly code?: unknown; readonly errno?: unknown };
  if (typeof errno === 'number' && errno > 0) {
    const known = names[errno];
    if (known !== undefined) return known;
    if (errno >= firstOwnNumber || typeof code !== 'string') return `error ${errno}`;
  }
  return typeof code === 'string' ? code : '';
}

/** From here on, the numbers of MariaDB and MySQL have different meanings. */
const firstOwnNumber = 4000;

/** What the user has to do, if that depends on the message and not the code alone; null if there is no advice. */
function adviceOn(code: string, reason: string, isSecure: boolean): string | null {
  if (/^ER_ACCESS_DENIED(_NO_PASSWORD)?_ERROR$/.test(code)) {
    // A user that must use TLS (REQUIRE SSL) is rejected with the same error as one with a wrong password.
    const more = isSecure ? '' : '; a user that requires TLS needs ?ssl-ca=FILE there';
    return `it rejected the user name or the password; check MULTIFLEXI_DATABASE_URL${more}`;
  }
  if (code === 'HANDSHAKE_SSL_ERROR') {
    const advice = certificateAdvice(
      reason,
      'presents a certificate that is not signed by the authority in ssl-ca',
    );
    return advice === null ? null : `it ${advice}`;
  }
  if (code === 'AUTH_SWITCH_PLUGIN_ERROR') {
    const plugin = /unknown plugin ([-\w]{1,64})/.exec(reason)?.[1];
    const way = plugin === undefined ? 'at an unexpected point' : `with the unsupported plugin ${plugin}`;
    return `it asks for authentication ${way}; give the user ed25519 or mysql_native_password`;
  }
  // `Table 'd.artifacts' doesn't exist`, `Unknown column 'pid' in 'SET'`: of another program, or an older MultiFlexi.
  if (code === 'ER_NO_SUCH_TABLE' || code === 'ER_BAD_FIELD_ERROR') {
    const what = code === 'ER_NO_SUCH_TABLE' ? 'tables' : 'columns';
    return `it lacks one of MultiFlexi's ${what} (${reason}); check MULTIFLEXI_DATABASE_URL`;
  }
  // `INSERT command denied to user 'x'@'y' for table `d`.`artifacts``: which privilege is missing, and where.
  return /^ER_(TABLE|COLUMN)ACCESS_DENIED_ERROR$/.test(code)
    ? `this user lacks a privilege (${reason}); check the grants`
    : null;
}
