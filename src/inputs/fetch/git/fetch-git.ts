import { randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../../base/limits.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import type { GitSource } from '../../../settings/template/template.ts';
import { tooLarge } from '../../too-large.ts';
import { gitAccess } from './git-access.ts';
import { GitProgram } from './git-program.ts';

/** A commit's whole ID: SHA-1 or SHA-256. */
const commitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Checks a revision of a repository out: by the program git where there is one, else by a library, which knows http:// and
 * https:// only.
 *
 * @param place a new directory
 * @throws Error whose message is the reason
 */
export async function fetchGit(
  source: GitSource,
  place: string,
  maxBytes: number,
  environment: Environment,
): Promise<void> {
  const access = gitAccess(source, environment);
  const signal = AbortSignal.timeout(limits.fetchMs);
  const isCommit = source.revision !== null && commitId.test(source.revision);
  const program = GitProgram.find(access, signal);
  // A name that nobody else has: where an earlier init was killed, its git may still write into the checkout it began.
  const own = `${place}-${randomUUID()}`;
  try {
    if (program !== null) await program.checkOut(source, own, isCommit);
    else {
      const { checkOutByLibrary } = await import('./check-out-by-library.ts');
      await checkOutByLibrary(source, own, { access, signal, isCommit });
    }
    renameSync(own, place);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
  if (bytesOf(place) > maxBytes) throw new Error(tooLarge(maxBytes));
}

/** Bytes of all files below a directory; links are not followed. */
function bytesOf(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.reduce(
    (sum, entry) => sum + (entry.isFile() ? lstatSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}
