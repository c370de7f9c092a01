import { runInNewContext } from 'node:vm';
import { limits } from '../base/limits.ts';
import { NotSaved } from './reasons.ts';

/**
 * Tries regular expressions on names, unanchored, as MultiFlexi does. In a context of its own, since only there V8 ends
 * one that takes for ever: the names are the job's, and some patterns are exponential.
 *
 * @returns for each name, which patterns fit it
 * @throws NotSaved when it takes too long
 */
export function matchNames(
  patterns: readonly string[],
  names: readonly string[],
): readonly (readonly boolean[])[] {
  const code = `
    const expressions = patterns.map((pattern) => new RegExp(pattern, 'u'));
    JSON.stringify(names.map((name) => expressions.map((expression) => expression.test(name))));`;
  try {
    return JSON.parse(runInNewContext(code, { patterns, names }, { timeout: limits.patternMs }));
  } catch (cause) {
    if (!isTimeout(cause)) throw cause;
    throw new NotSaved(`looking for it took longer than ${limits.patternMs} ms`, { cause });
  }
}

/** The error is of the other context, and so no `Error` of this one. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
