import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import { statusOf } from '../kubernetes/api/api-error.ts';
import { Cluster } from '../kubernetes/api/cluster.ts';
import { clusterConfig } from '../kubernetes/api/cluster-config.ts';
import { hasRight, rights } from '../kubernetes/api/rights.ts';
import { type Check, failed, ok, warning } from './check.ts';
import type { Subject } from './subject.ts';

const securityLabel = 'pod-security.kubernetes.io/enforce';

/** What a cluster needs: that it is reached, has the namespace, and grants every right that a launch uses. */
export function clusterChecks({ environment }: Subject, settings: KubernetesSettings): readonly Check[] {
  let opened: Cluster | null = null;
  const cluster = () => {
    opened ??= new Cluster(() => clusterConfig(settings, environment), settings.namespace);
    return opened;
  };
  return [
    {
      name: 'kubeconfig',
      remedy: 'set --kubeconfig or KUBECONFIG, and --context if it has several',
      examine: () => ok(`${cluster().server}, namespace ${cluster().namespace}`),
    },
    {
      name: 'API server',
      needs: ['kubeconfig'],
      remedy: 'check its address, its certificate, and a proxy on the way; kubectl version must work, too',
      async examine(signal) {
        const { gitVersion } = await cluster().send({ method: 'GET', path: '/version', signal });
        return ok(`Kubernetes ${gitVersion}`);
      },
    },
    namespaceCheck(cluster),
    ...rights.map((right): Check => {
      const name = `${right.verb} ${right.resource}`;
      return {
        name,
        needs: ['API server'],
        remedy: 'check the credentials of the kubeconfig',
        async examine(signal) {
          if (await hasRight(cluster(), right, signal)) return ok('is granted');
          return failed('is not granted', 'grant it, or apply the Role of images/launcher-role.yaml');
        },
      };
    }),
  ];
}

function namespaceCheck(cluster: () => Cluster): Check {
  return {
    name: 'namespace',
    needs: ['API server'],
    remedy: 'create it, or choose one with --namespace',
    async examine(signal) {
      const path = `/api/v1/namespaces/${encodeURIComponent(cluster().namespace)}`;
      try {
        const { metadata } = (await cluster().send({ method: 'GET', path, signal })) as {
          readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
        };
        const level = metadata?.labels?.[securityLabel] ?? 'privileged';
        return ok(`${cluster().namespace} is there; its Pod Security level is ${level}`);
      } catch (error) {
        // A Role of the namespace alone does not allow to look at it.
        if (statusOf(error) !== 403) throw error;
        return warning(
          `${cluster().namespace} cannot be looked at`,
          'nothing, if it is there: the right to get a namespace is not needed for jobs',
        );
      }
    },
  };
}
