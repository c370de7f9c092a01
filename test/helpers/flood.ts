import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { endTree } from './kill-tree.ts';
import { until } from './until.ts';

/** Endless shell loops that change a directory as fast as they can. */
export const floods = {
  writes: 'while :; do : >x; : >y; done',
  renames: ': >x; while :; do mv x y; mv y x; done',
  directories: 'while :; do mkdir d; rmdir d; done',
} as const;

/** Starts such loops in an existing directory, and waits until they are under way. They end with the test. */
export async function flood(
  t: TestContext,
  directory: string,
  kinds: readonly (keyof typeof floods)[],
): Promise<void> {
  for (const [index, kind] of kinds.entries()) {
    const begun = `flood-${index}`;
    const loop = spawn('sh', ['-c', `: >${begun}; ${floods[kind]}`], { cwd: directory, stdio: 'ignore' });
    atEnd(t, async () => {
      if (loop.pid !== undefined) await endTree(loop.pid);
    });
    await until(`flood ${kind} is under way`, () => existsSync(join(directory, begun)));
  }
}
