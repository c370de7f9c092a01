import { errnoName, errnoText } from './errno-text.ts';

/**
 * The closed table of the emissary's own failures and their exit statuses. A failing *job* is never a fault: it is a
 * value (see `run/outcome.ts`).
 */
export const faultStatus = {
  /** The command line, a variable or a name is invalid. */
  usage: 64,
  /** The template cannot be read or is invalid. */
  template: 64,
  /** The shared volume, or a file on it, cannot be used. */
  volume: 64,
  /** The job could not be run for an internal reason (no pipe, no memory). */
  supervision: 64,
  /** A required output is missing, although the job succeeded. */
  outputs: 64,
  /** Results could not be collected or delivered. */
  delivery: 64,
  /** The engine cannot run the job: it is not there, or it refused. */
  engine: 64,
  /** A bug in this program. Nothing throws this fault; any unexpected exception ends with its status. */
  defect: 64,
  /** An input could not be staged or put into place. */
  inputs: 65,
} as const;

/** The name of a row of the table. */
export type FaultCode = keyof typeof faultStatus;

/**
 * A failure of the emissary itself: a one-sentence message for the user, a row of the table, and the cause if there
 * is one.
 */
export class Fault extends Error {
  readonly code: FaultCode;

  /**
   * @param code the row of the table
   * @param message one sentence: what failed, on what, and why
   */
  constructor(code: FaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Fault';
    this.code = code;
  }

  /** The program's exit status for this fault. */
  get status(): number {
    return faultStatus[this.code];
  }
}

/**
 * The message of anything that was thrown. A system error keeps the operating system's text (`ENOENT: no such file
 * …`).
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const errno = errnoUnknownToNode(error);
  return errno === null ? error.message : error.message.replace(unknownToNode, errnoText(errno));
}

/** The message without its path: a path may be a secret that was put into the wrong variable. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error);
  const syscall = error instanceof Error && 'syscall' in error ? String(error.syscall) : null;
  const end = syscall === null ? -1 : message.indexOf(`, ${syscall}`);
  return end === -1 ? message : message.slice(0, end);
}

/** The errno name (`ENOENT`) of a Node system error, or null. */
export function errnoOf(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const errno = errnoUnknownToNode(error);
    return errno === null ? error.code : errnoName(errno);
  }
  return null;
}

/** Node's placeholder for an unknown errno. Synchronous writes use the second form. */
const unknownToNode = /^(?:Unknown system error [^,]*|UNKNOWN: unknown error)/;

function errnoUnknownToNode(error: Error): number | null {
  if (!('errno' in error) || typeof error.errno !== 'number') return null;
  return unknownToNode.test(error.message) ? -error.errno : null;
}
