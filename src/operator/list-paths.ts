import type { Cluster } from '../launch/kubernetes/api/cluster.ts';
import { apiVersion, jobLabel } from './job-resource.ts';
import type { Place } from './object-key.ts';

/** The lists that an operator follows. */
export interface ListPaths {
  readonly jobs: string;
  readonly pods: string;
}

/** Those of one namespace, or of the whole cluster. */
export function listPaths(cluster: Cluster, scope: 'namespace' | 'cluster'): ListPaths {
  const query = `?labelSelector=${encodeURIComponent(jobLabel)}`;
  if (scope === 'cluster') return { jobs: `/apis/${apiVersion}/emissaryjobs`, pods: `/api/v1/pods${query}` };
  return { jobs: jobPath({ namespace: cluster.namespace }), pods: `${cluster.path('pods')}${query}` };
}

/** The path of the resources of a namespace, or of one of them. */
export function jobPath({ namespace = '', name = '' }: Place): string {
  const place = `/apis/${apiVersion}/namespaces/${encodeURIComponent(namespace)}/emissaryjobs`;
  return name === '' ? place : `${place}/${encodeURIComponent(name)}`;
}
