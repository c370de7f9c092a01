import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/**
 * True if a program that a test needs is installed. If it is not, the test is skipped with a message on a user's
 * machine, and fails in CI (`CI=true`), where nothing may be skipped.
 */
export function requireProgram(t: TestContext, name: string): boolean {
  const found = (process.env['PATH'] ?? '').split(':').some((directory) => isProgram(join(directory, name)));
  // Debian keeps daemons in directories that a user's PATH may not contain.
  if (found || isProgram(join('/usr/sbin', name))) return true;
  lacks(t, `${name} is not installed`);
  return false;
}

/** True if the tests are run by root; otherwise like `requireProgram`. */
export function requireRoot(t: TestContext): boolean {
  if (process.getuid?.() === 0) return true;
  lacks(t, 'not run by root');
  return false;
}

/** Reports what is missing: a skipped test, or a failed one in CI. */
export function lacks(t: TestContext, what: string): void {
  if (process.env['CI'] === 'true') throw new Error(`${what}, and no test may be skipped in CI`);
  t.skip(`${what}: this test needs it`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Missing, or not accessible to us: the caller reports it.
  }
}
