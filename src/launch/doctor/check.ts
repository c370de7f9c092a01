/** One thing that an engine needs to run jobs. */
export interface Check {
  /** Unique within one run of doctor. */
  readonly name: string;
  /** The checks without whose success this one cannot be made. */
  readonly needs?: readonly string[];
  /** What to do if it throws: one clause. */
  readonly remedy: string;
  /** How long it may take, in ms, if that is not the usual time. */
  readonly limitMs?: number;
  /** Whether it makes something that it has to remove when it is given up. */
  readonly cleansUp?: true;
  /**
   * Looks. What it throws is a failure.
   *
   * @param signal aborted: it is given up, and leaves nothing behind
   */
  examine(signal: AbortSignal): Finding | Promise<Finding>;
}

/** What a check has found. */
export interface Finding {
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  /** One clause. */
  readonly found: string;
  /** What to do about it; null: nothing. */
  readonly advice: string | null;
}

/** All is well. */
export function ok(found: string): Finding {
  return { status: 'ok', found, advice: null };
}

/** Jobs run, with a limitation. */
export function warning(found: string, advice: string): Finding {
  return { status: 'warning', found, advice };
}

/** Jobs do not run. */
export function failed(found: string, advice: string): Finding {
  return { status: 'failed', found, advice };
}

/** It cannot be checked from here. */
export function skipped(found: string): Finding {
  return { status: 'skipped', found, advice: null };
}
