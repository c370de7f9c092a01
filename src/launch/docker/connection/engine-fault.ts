import { Fault, messageOf } from '../../../base/fault.ts';
import { printable } from '../../../base/printable.ts';
import { shorten } from '../../../base/shorten.ts';

/** The HTTP status of an answer of the engine that was an error; null where it did not answer. */
export function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : null;
  return typeof status === 'number' ? status : null;
}

/** What the engine itself says is wrong, in one line. */
export function engineReason(error: unknown): string {
  const json = error instanceof Error && 'json' in error ? error.json : null;
  const said = typeof json === 'object' && json !== null && 'message' in json ? json.message : null;
  if (typeof said === 'string' && said !== '') return oneLine(said);
  // Node's word for a connection that ends within an answer.
  if (messageOf(error) === 'aborted') return 'its answer was cut off';
  // The client's own words around the engine's, and the runtime's advice about itself.
  return oneLine(
    messageOf(error).replace(/^\(HTTP code \d+\) [^-]* - |; if the root CA is installed .*$/g, ''),
  );
}

/** A text of an engine as a part of a sentence: one line, without control characters, of bounded length. */
function oneLine(text: string): string {
  return shorten(printable(text.trim().replaceAll(/\s*\n\s*/g, ' ')));
}

/** A fault of the engine: what could not be done, and the engine's own reason. */
export function engineFault(what: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('engine', `${what}: ${engineReason(error)}`, { cause: error });
}
