import { Fault } from '../../base/fault.ts';
import { isRecord } from '../../base/is-record.ts';
import { type Helm, HelmFailure } from './helm.ts';

/** One revision of a release. */
export interface Revision {
  readonly revision: number;
  /** `deployed`, `failed`, `superseded`, `pending-install`, …: Helm's own word. */
  readonly status: string;
  /** When it was begun, ms since 1970; now, where Helm does not tell it. */
  readonly begunMs: number;
}

/**
 * The revisions of a release, the newest one last; empty: there is no such release.
 *
 * @throws HelmFailure; Fault `engine`; the signal's reason
 */
export async function releaseHistory(
  helm: Helm,
  release: string,
  signal: AbortSignal,
): Promise<readonly Revision[]> {
  try {
    const { stdout } = await helm.run(['history', release, '--output', 'json'], signal);
    return revisionsIn(stdout);
  } catch (error) {
    if (error instanceof HelmFailure && /release: not found/.test(error.message)) return [];
    throw error;
  }
}

/** Whether somebody is changing the release, or has died while doing so: Helm refuses to change it. */
export function isUnfinished({ status }: Revision): boolean {
  return status.startsWith('pending-') || status === 'uninstalling';
}

function revisionsIn(text: string): readonly Revision[] {
  const found: unknown = JSON.parse(text);
  if (!Array.isArray(found) || !found.every(isRecord))
    throw new Fault('engine', 'Helm tells nothing of the history of a release; use Helm 3.13 or later');
  return found
    .map((each) => ({
      revision: Number(each['revision']),
      status: String(each['status']),
      begunMs: Date.parse(String(each['updated'])) || Date.now(),
    }))
    .sort((one, other) => one.revision - other.revision);
}
