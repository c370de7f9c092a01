import { limits } from '../../base/limits.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { labels } from '../engine.ts';
import type { Cluster } from '../kubernetes/api/cluster.ts';
import type { Revision } from './release-history.ts';

/** Until when whoever changes a release may be at work, in seconds since 1970; */
const untilLabel = 'eu.multiflexi.emissary.until';
/** and of which revision that is true: Helm hands the labels on to whatever revision comes next. */
const revisionLabel = 'eu.multiflexi.emissary.revision';

/** The labels of what Helm records of a revision, from its first moment on: who makes it, and until when. */
export function ownerLabels(
  own: Readonly<Record<string, string>>,
  of: { readonly untilMs: number; readonly revision: number },
): Readonly<Record<string, string>> {
  return {
    ...own,
    [untilLabel]: String(Math.ceil(of.untilMs / 1_000)),
    [revisionLabel]: String(of.revision),
  };
}

/**
 * Until when whoever changes a release may be at work, ms since 1970. Another launch of this installation is dead: its lock is
 * ours now. Of others only the time is known.
 *
 * @param of.installation our own
 */
export async function ownerEndsMs(
  cluster: Cluster,
  of: {
    readonly release: string;
    readonly last: Revision;
    readonly installation: string | undefined;
    readonly environment: Environment;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const { revision, begunMs, status } = of.last;
  const kind = of.environment.get('HELM_DRIVER')?.startsWith('configmap') === true ? 'configmaps' : 'secrets';
  const path = cluster.path(kind, `sh.helm.release.v1.${of.release}.v${revision}`);
  const found = await labelsAt(cluster, path, of.signal);
  // Whoever uninstalls it labels nothing.
  if (found[revisionLabel] === String(revision) && status !== 'uninstalling') {
    if (of.installation !== undefined && found[labels.installation] === of.installation) return 0;
    const until = Number(found[untilLabel]);
    if (until > 0) return until * 1_000;
  }
  const modifiedMs = Number(found['modifiedAt'] ?? 0) * 1_000;
  return Math.max(begunMs, modifiedMs) + limits.foreignReleaseMs;
}

/** None where Helm keeps its records elsewhere. */
async function labelsAt(
  cluster: Cluster,
  path: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  try {
    const { metadata } = (await cluster.send({ method: 'GET', path, signal })) as {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
    };
    return metadata?.labels ?? {};
  } catch {
    return {};
  }
}
