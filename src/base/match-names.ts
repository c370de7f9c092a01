import { runInNewContext } from 'node:vm';

/** A JavaScript regular expression. */
export interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/**
 * Matches names against a pattern, unanchored, as MultiFlexi does. Runs in its own V8 context, the only place where
 * V8 can time a match out: the job chooses the names, and some patterns take exponential time.
 *
 * @param timeoutMs how long it may take, in ms
 * @returns the matching names, or null on a timeout
 */
export function matchNames(
  { source, flags }: Pattern,
  names: readonly string[],
  timeoutMs: number,
): ReadonlySet<string> | null {
  const code = `
    const expression = new RegExp(source, flags);
    JSON.stringify(names.filter((name) => expression.test(name)));`;
  try {
    return new Set(
      JSON.parse(runInNewContext(code, { source, flags, names }, { timeout: timeoutMs })) as string[],
    );
  } catch (cause) {
    if (!isTimeout(cause)) throw cause;
    return null;
  }
}

/** The error comes from the other context, so it is no `Error` of this one. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
