import type { Helm } from './helm.ts';
import type { Revision } from './release-history.ts';

/**
 * Brings a release into a state from which Helm upgrades it, after whoever changed it has died: back to the last revision that
 * was complete; without one, nothing of it stays.
 *
 * @param tell called with what is done, before: one sentence
 * @throws as `Helm.run`
 */
export async function recoverRelease(
  helm: Helm,
  of: {
    readonly release: string;
    readonly history: readonly Revision[];
    readonly tell: (sentence: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { release, history, tell, signal } = of;
  const status = history.at(-1)?.status ?? '';
  const left = `The release ${release} was left in ${status} by somebody who was killed`;
  const good = lastOf(history, 'deployed') ?? lastOf(history, 'superseded');
  if (status === 'uninstalling' || good === undefined) {
    tell(`${left}; it is uninstalled first`);
    await helm.run(['uninstall', release], signal);
  } else {
    tell(`${left}; it is rolled back to revision ${good.revision} first`);
    await helm.run(['rollback', release, String(good.revision)], signal);
  }
}

function lastOf(history: readonly Revision[], status: string): Revision | undefined {
  return history.findLast((each) => each.status === status);
}
