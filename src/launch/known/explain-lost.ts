import { getuid } from 'node:process';
import { logoutOf } from '../docker/rootless/lingering.ts';
import type { ListedJob } from './list-jobs.ts';

/** What may have ended jobs that are lost: a clause for all of them; null: nothing that is known. */
export function explainLost(jobs: readonly ListedJob[]): string | null {
  const uid = getuid?.() ?? 0;
  return jobs.some(({ state, engine }) => state === 'lost' && engine === 'podman') ? logoutOf(uid) : null;
}
