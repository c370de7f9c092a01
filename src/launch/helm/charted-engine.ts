import type { Environment } from '../../settings/cli/environment.ts';
import type { ChartSettings } from '../../settings/verbs/chart-settings.ts';
import type { EngineJob } from '../engine.ts';
import type { Cluster } from '../kubernetes/api/cluster.ts';
import { KubernetesEngine } from '../kubernetes/kubernetes-engine.ts';
import type { PodSettings } from '../kubernetes/pod-request.ts';
import { installChart } from './install-chart.ts';

/** Runs jobs in pods that find what the chart of their application has made. */
export class ChartedEngine extends KubernetesEngine {
  readonly #install: (job: EngineJob, phase: (text: string) => void, signal: AbortSignal) => Promise<void>;

  constructor(
    cluster: Cluster,
    settings: PodSettings,
    of: {
      readonly warn: (sentence: string) => void;
      readonly environment: Environment;
      /** The state directory. */
      readonly state: string;
      readonly chart: ChartSettings;
      readonly startTimeoutMs: number;
    },
  ) {
    super(cluster, settings, of);
    this.#install = ({ labels }, phase, signal) =>
      installChart({ ...of, cluster, settings, labels, phase, signal });
  }

  override async create(job: EngineJob, phase: (text: string) => void, signal: AbortSignal): Promise<void> {
    await this.#install(job, phase, signal);
    await super.create(job, phase, signal);
  }
}
