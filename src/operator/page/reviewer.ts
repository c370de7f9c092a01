import { isRecord } from '../../base/is-record.ts';
import { limits } from '../../base/limits.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';

/** Who a token is, as the API server says. */
export interface Viewer {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** What somebody wants to read: an object, or a part of it. */
export interface Wanted {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Asks the API server who somebody is and what they may read. Nothing of it is kept: a right that was taken away is gone at
 * once.
 */
export class Reviewer {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Null: the token is none, or no longer. @throws as `Cluster.send` */
  async viewerOf(token: string): Promise<Viewer | null> {
    const status = await this.#review('authentication.k8s.io/v1/tokenreviews', 'TokenReview', { token });
    const { authenticated, user } = status;
    if (authenticated !== true || !isRecord(user)) return null;
    const { username, groups, uid, extra } = user;
    if (typeof username !== 'string' || username === '') return null;
    return {
      user: username,
      groups: Array.isArray(groups) ? groups.map(String) : [],
      ...(typeof uid === 'string' && { uid }),
      ...(isRecord(extra) && { extra }),
    };
  }

  /** Whether they may get it. @throws as `Cluster.send` */
  async mayGet(viewer: Viewer, wanted: Wanted): Promise<boolean> {
    const spec = { ...viewer, resourceAttributes: { verb: 'get', ...wanted } };
    const path = 'authorization.k8s.io/v1/subjectaccessreviews';
    const { allowed, denied } = await this.#review(path, 'SubjectAccessReview', spec);
    return allowed === true && denied !== true;
  }

  async #review(path: string, kind: string, spec: object): Promise<Readonly<Record<string, unknown>>> {
    const [group, version] = path.split('/');
    const { status } = await this.#cluster.send({
      method: 'POST',
      path: `/apis/${path}`,
      body: { apiVersion: `${group}/${version}`, kind, spec },
      signal: AbortSignal.timeout(limits.clusterAnswerMs),
    });
    return isRecord(status) ? status : {};
  }
}
