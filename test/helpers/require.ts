import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/**
 * True where a program that a test needs is installed. Where it is not, the test is skipped with a sentence on a
 * person's machine, and fails in CI (`CI=true`), where nothing may be skipped.
 */
export function requireProgram(t: TestContext, name: string): boolean {
  const found = (process.env['PATH'] ?? '').split(':').some((directory) => isProgram(join(directory, name)));
  // Debian keeps daemons where a person's PATH does not look.
  if (found || isProgram(join('/usr/sbin', name))) return true;
  lacks(t, `${name} is not installed`);
  return false;
}

/** True where the tests are run by root; else as `requireProgram`. */
export function requireRoot(t: TestContext): boolean {
  if (process.getuid?.() === 0) return true;
  lacks(t, 'not run by root');
  return false;
}

/** Says what is missing: a skipped test, or a failed one in CI. */
export function lacks(t: TestContext, what: string): void {
  if (process.env['CI'] === 'true') throw new Error(`${what}, and no test may be skipped in CI`);
  t.skip(`${what}: this test needs it`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not for us: the caller says so.
  }
}
