import { chmodSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The built file that the tests run; EMISSARY_PROGRAM names another one. */
export const program = resolve(
  process.env['EMISSARY_PROGRAM'] ?? `${import.meta.dirname}/../../dist/emissary`,
);

/** The program for use outside pods; EMISSARY_HOST_PROGRAM names another one. */
export const hostProgram = resolve(
  process.env['EMISSARY_HOST_PROGRAM'] ?? `${import.meta.dirname}/../../dist/multiflexi-emissary`,
);

/** Verbs that only the program outside of pods has. */
export const hostVerbs: readonly string[] = [
  'manifest',
  'launch',
  'attach',
  'cancel',
  'list',
  'doctor',
  'operator',
  'mirror',
  'pod-log',
  'page',
];

let copy: string | null = null;

/** The same for a user other than the tester: a copy, if the tester's directories are closed to others. */
export function programForAnybody(): string {
  if (isOpen(program)) return program;
  if (copy !== null) return copy;
  const directory = mkdtempSync(join(tmpdir(), 'emissary-test-program-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  copy = join(directory, 'emissary');
  copyFileSync(program, copy);
  chmodSync(copy, 0o755);
  return copy;
}

/** Whether everybody may execute the file, and enter every directory above it. */
function isOpen(path: string): boolean {
  const above = dirname(path);
  return (statSync(path).mode & 0o001) !== 0 && (above === path || isOpen(above));
}
