import { Fault } from '../../../base/fault.ts';
import type { LaunchSettings } from '../../../settings/verbs/launch-settings.ts';
import { reasonOfApi, statusOf } from '../api/api-error.ts';
import type { Cluster } from '../api/cluster.ts';
import { hasRight } from '../api/rights.ts';
import { askCluster } from './ask-cluster.ts';
import { jobVersion } from './emissary-job.ts';

type Settings = Pick<LaunchSettings, 'via' | 'pull' | 'chart' | 'graceSeconds' | 'kubernetes'>;

/**
 * Whether a launch makes a resource for an operator. With `auto`, it does so where the cluster has such resources, where it may
 * make them, and where nothing that was asked for needs a pod of its own.
 *
 * @throws Fault `usage` for what no operator can do; `engine`
 */
export async function isViaOperator(
  cluster: () => Cluster,
  settings: Settings,
  signal: AbortSignal,
): Promise<boolean> {
  if (settings.via === 'pod') return false;
  const obstacle = obstacleOf(settings);
  if (settings.via === 'operator') {
    if (obstacle !== null) throw new Fault('usage', `${obstacle}; leave it out, or use --via pod`);
    return true;
  }
  return obstacle === null && (await isOffered(cluster(), signal));
}

/** What of the settings no resource can have; null: nothing. */
function obstacleOf({ pull, chart, graceSeconds, kubernetes }: Settings): string | null {
  if (pull !== 'missing') return `--pull ${pull}: the pods of an operator pull images that are missing`;
  if (kubernetes.program === 'image') return '--program image: the pods of an operator copy the program';
  if (chart !== null) return `The chart ${chart.chart}: an operator installs none (--helm-chart none)`;
  if (Number(graceSeconds) > 86_400) return '--grace: an operator gives a day at most';
  return null;
}

async function isOffered(cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  try {
    await askCluster(cluster, { method: 'GET', path: `/apis/${jobVersion}`, signal });
    const [group = ''] = jobVersion.split('/');
    return await hasRight(cluster, { verb: 'create', resource: 'emissaryjobs', group }, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (statusOf(error) === 404 || statusOf(error) === 403) return false;
    if (error instanceof Fault) throw error;
    throw new Fault('engine', `Kubernetes cannot tell whether it has an operator: ${reasonOfApi(error)}`, {
      cause: error,
    });
  }
}
