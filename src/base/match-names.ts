import { runInNewContext } from 'node:vm';

/** A regular expression as JavaScript takes it. */
export interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/**
 * Tries a pattern on names, unanchored, as MultiFlexi does. In a context of its own, since only there V8 ends
 * one that takes for ever: the names are the job's, and some patterns are exponential.
 *
 * @param most how long it may take, in ms
 * @returns the names that it fits; null when it takes too long
 */
export function matchNames(
  { source, flags }: Pattern,
  names: readonly string[],
  most: number,
): ReadonlySet<string> | null {
  const code = `
    const expression = new RegExp(source, flags);
    JSON.stringify(names.filter((name) => expression.test(name)));`;
  try {
    return new Set(
      JSON.parse(runInNewContext(code, { source, flags, names }, { timeout: most })) as string[],
    );
  } catch (cause) {
    if (!isTimeout(cause)) throw cause;
    return null;
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
