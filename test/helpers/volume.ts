import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

// Files that a test makes are readable by any user of the volume, and a program starts the same, whatever the tester's umask.
process.umask(0o022);

/** A new directory like an emptyDir (0777), which is removed when the test ends. KEEP=1 keeps it and prints its path. */
export function temporaryVolume(t: TestContext, parent = tmpdir()): string {
  const directory = mkdtempSync(join(realpathSync(parent), 'emissary-test-'));
  chmodSync(directory, 0o777);
  atEnd(t, () => {
    if (process.env['KEEP'] === '1') t.diagnostic(`kept ${directory}`);
    // Left-over processes of a job may still be writing for a moment.
    else rmSync(directory, { recursive: true, force: true, maxRetries: 20 });
  });
  return directory;
}

const memory = '/dev/shm';

/** Where a test makes very many files, or large ones: in memory, if it has so many bytes free. */
export function roomyParent(bytes: number): string {
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > bytes ? memory : tmpdir();
}
