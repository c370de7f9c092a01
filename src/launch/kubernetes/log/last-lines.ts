import { limits } from '../../../base/limits.ts';
import type { Cluster } from '../api/cluster.ts';

/** The last lines that a container has written; empty where nobody can tell: they are only a hint for people. */
export async function lastLines(cluster: Cluster, pod: string, container: string): Promise<string> {
  try {
    const query = `log?container=${container}&tailLines=${limits.messageLines}`;
    const path = `${cluster.path('pods', pod)}/${query}`;
    return await cluster.text({ method: 'GET', path, signal: new AbortController().signal });
  } catch {
    return '';
  }
}
