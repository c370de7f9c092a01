import { Fault, messageOf } from '../../../base/fault.ts';
import { NoAnswer, reasonOfManager } from './manager-error.ts';

/** What the identity library says where it could not reach a server that gives tokens. */
const unreachable =
  /endpoints_resolution_error|network_error|ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN|timed? ?out/i;

/**
 * Why there is no token. No time mends what was refused; a server that does not answer, or is not well, may do so later.
 *
 * @param kind who asked, for the sentence
 * @returns Fault `engine` for a refusal; else NoAnswer
 */
export function tokenError(cause: unknown, kind: string): Error {
  const reasons = causesOf(cause).map((each) =>
    reasonOfManager(new Error(messageOf(each).split('\n')[0] ?? '')),
  );
  const sentence = `Cannot get a token for Azure by ${kind}: ${[...new Set(reasons)].join('; ')}`;
  return isTemporary(cause) ? new NoAnswer(sentence, { cause }) : new Fault('engine', sentence, { cause });
}

/** Of several ways to a token, each has failed for a reason of its own. */
function causesOf(cause: unknown): readonly unknown[] {
  const { errors } = cause as { readonly errors?: unknown };
  return Array.isArray(errors) && errors.length > 0 ? errors : [cause];
}

function isTemporary(cause: unknown): boolean {
  const { statusCode } = cause as { readonly statusCode?: number };
  if (statusCode !== undefined) return statusCode === 429 || statusCode >= 500;
  return causesOf(cause).length === 1 && unreachable.test(messageOf(cause));
}
