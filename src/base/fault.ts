import { errnoName, errnoText } from './errno-text.ts';

/**
 * The closed table of the ways in which the emissary itself can fail, each with the one exit status that it has.
 * A failing *job* is never a fault: it is a value (see `process/outcome.ts`).
 */
export const faultStatus = {
  /** The command line, a variable or a name is not what it must be. */
  usage: 64,
  /** The template cannot be read or is not valid. */
  template: 64,
  /** The shared volume, or a file on it, cannot be used. */
  volume: 64,
  /** The job could not be run for a reason of ours (no pipe, no memory). */
  supervision: 64,
  /** An output that was required is not there, although the job succeeded. */
  outputs: 64,
  /** Results could not be gathered or delivered. */
  delivery: 64,
  /** A mistake in this program: no fault is thrown for it, whatever it throws itself ends so. */
  defect: 64,
  /** An input could not be staged or put in its place. */
  inputs: 65,
} as const;

/** The name of one row of the table. */
export type FaultCode = keyof typeof faultStatus;

/** A failure of the emissary itself: one sentence for a person, one row of the table, and the cause if there is one. */
export class Fault extends Error {
  readonly code: FaultCode;

  /**
   * @param code the row of the table
   * @param message one sentence: what could not be done, to what, and what was found
   */
  constructor(code: FaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Fault';
    this.code = code;
  }

  /** The exit status that this fault ends the program with. */
  get status(): number {
    return faultStatus[this.code];
  }
}

/** The sentence of any thrown thing; an operating system error keeps only its own words (`ENOENT: no such file …`). */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const errno = errnoUnknownToNode(error);
  return errno === null ? error.message : error.message.replace(unknownToNode, errnoText(errno));
}

/** The same without what it was about: a path may be a value that was put into the wrong variable. */
export function reasonOf(error: unknown): string {
  const sentence = messageOf(error);
  const syscall = error instanceof Error && 'syscall' in error ? String(error.syscall) : null;
  const end = syscall === null ? -1 : sentence.indexOf(`, ${syscall}`);
  return end === -1 ? sentence : sentence.slice(0, end);
}

/** The errno name (`ENOENT`) of a Node system error, or null. */
export function errnoOf(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const errno = errnoUnknownToNode(error);
    return errno === null ? error.code : errnoName(errno);
  }
  return null;
}

/** What Node says in the place of a name and a meaning: the second after a synchronous write. */
const unknownToNode = /^(?:Unknown system error [^,]*|UNKNOWN: unknown error)/;

function errnoUnknownToNode(error: Error): number | null {
  if (!('errno' in error) || typeof error.errno !== 'number') return null;
  return unknownToNode.test(error.message) ? -error.errno : null;
}
