import type { Cluster } from './cluster.ts';

/** One right that a launch needs in its namespace. */
export interface Right {
  readonly verb: string;
  /** `pods`, or with a part of it: `pods/exec`. */
  readonly resource: string;
  /** The API group; default: that of pods. */
  readonly group?: string;
}

/** All that a launch uses; `images/launcher-role.yaml` grants just this. */
export const rights: readonly Right[] = [
  ...['create', 'get', 'list', 'watch', 'delete'].map((verb) => ({ verb, resource: 'pods' })),
  ...['create', 'get'].map((verb) => ({ verb, resource: 'pods/exec' })),
  { verb: 'get', resource: 'pods/log' },
  ...['create', 'delete'].map((verb) => ({ verb, resource: 'secrets' })),
  { verb: 'list', resource: 'events' },
];

/** Whether the credentials have a right, as the API server itself says. @throws ApiError; the runtime's error */
export async function hasRight(cluster: Cluster, right: Right, signal: AbortSignal): Promise<boolean> {
  const [resource, subresource] = right.resource.split('/');
  const resourceAttributes = {
    namespace: cluster.namespace,
    verb: right.verb,
    resource,
    ...(right.group !== undefined && { group: right.group }),
    ...(subresource !== undefined && { subresource }),
  };
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { status } = (await cluster.send({ method: 'POST', path, body, signal })) as {
    readonly status?: { readonly allowed?: boolean };
  };
  return status?.allowed === true;
}
