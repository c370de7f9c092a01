import { closeSync } from 'node:fs';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type { ChartSettings } from '../../settings/verbs/chart-settings.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import { labels } from '../engine.ts';
import { statusOf } from '../kubernetes/api/api-error.ts';
import type { Cluster } from '../kubernetes/api/cluster.ts';
import { Helm, HelmFailure } from './helm.ts';
import { holdRelease } from './hold-release.ts';
import { recoverRelease } from './recover-release.ts';
import { isUnfinished, releaseHistory } from './release-history.ts';
import { ownerEndsMs, ownerLabels } from './release-owner.ts';

/** What a chart is installed with. */
export interface ChartInstallation {
  readonly cluster: Cluster;
  readonly settings: KubernetesSettings;
  readonly chart: ChartSettings;
  readonly environment: Environment;
  /** The state directory. */
  readonly state: string;
  /** How long the whole start may take, from now. */
  readonly startTimeoutMs: number;
  /** Those of the job: who changes the release. */
  readonly labels: Readonly<Record<string, string>>;
  readonly phase: (text: string) => void;
  readonly warn: (sentence: string) => void;
  /** Aborted: helm is stopped. */
  readonly signal: AbortSignal;
}

/**
 * Installs or upgrades the chart's release, and waits until it is ready. One that somebody else changes is waited for; one
 * that a killed launch has left is recovered.
 *
 * @throws Fault `engine`, `volume`; the signal's reason
 */
export async function installChart(of: ChartInstallation): Promise<void> {
  const { cluster, chart, signal } = of;
  const { release } = chart;
  const { server, namespace } = cluster;
  const untilMs = Date.now() + of.startTimeoutMs;
  const waiting = () => of.phase(`waiting for another launch that changes the release ${release}`);
  const lock = await holdRelease({ state: of.state, server, namespace, release, waiting, signal });
  const { settings, environment } = of;
  const helm = new Helm({ program: chart.helm, settings, namespace, environment, lock });
  try {
    while (!(await isInstalled(of, helm, untilMs))) {
      await pause(limits.releaseLookMs, signal);
      if (signal.aborted) throw signal.reason;
    }
  } catch (error) {
    if (!(error instanceof HelmFailure)) throw error;
    throw new Fault('engine', `Helm cannot install ${chart.chart} as ${release}: ${error.message}`);
  } finally {
    closeSync(lock);
  }
}

/** @returns false: it has to be looked at again, since it is being changed, or was just recovered */
async function isInstalled(of: ChartInstallation, helm: Helm, untilMs: number): Promise<boolean> {
  const { chart, signal, phase, warn } = of;
  const { release } = chart;
  phase(`looking at the chart's release ${release}`);
  const history = await releaseHistory(helm, release, signal);
  const last = history.at(-1);
  if (last !== undefined && isUnfinished(last)) {
    const installation = of.labels[labels.installation];
    const owned = { release, last, installation, environment: of.environment, signal };
    if (Date.now() < (await ownerEndsMs(of.cluster, owned))) {
      const since = new Date(last.begunMs).toISOString();
      phase(`waiting for whoever changes the release ${release} (${last.status} since ${since})`);
      return false;
    }
    await recoverRelease(helm, { release, history, tell: warn, signal });
    return false;
  }
  phase(`waiting for the chart's release ${release}`);
  try {
    const { warnings } = await helm.run(
      await upgradeArguments(of, { untilMs, revision: (last?.revision ?? 0) + 1 }),
      signal,
    );
    for (const line of warnings) warn(`helm: ${line}`);
    return true;
  } catch (error) {
    if (error instanceof HelmFailure && isBusy(error)) return false;
    throw error;
  }
}

async function upgradeArguments(
  of: ChartInstallation,
  { untilMs, revision }: { readonly untilMs: number; readonly revision: number },
): Promise<readonly string[]> {
  const { chart, release, values } = of.chart;
  const owner = ownerLabels(of.labels, { untilMs: untilMs + limits.releaseSlackMs, revision });
  const leftSeconds = Math.floor((untilMs - limits.helmReserveMs - Date.now()) / 1_000);
  return [
    ...['upgrade', '--install', release, chart],
    ...values.flatMap((file) => ['--values', file]),
    ...((await isNamespaceMissing(of)) ? ['--create-namespace'] : []),
    ...['--wait', '--timeout', `${Math.max(1, leftSeconds)}s`],
    ...[
      '--labels',
      Object.entries(owner)
        .map(([name, value]) => `${name}=${value}`)
        .join(','),
    ],
  ];
}

/** Helm asks to create it even where it is there, and fails without the right to. */
async function isNamespaceMissing({ cluster, signal }: ChartInstallation): Promise<boolean> {
  const path = `/api/v1/namespaces/${encodeURIComponent(cluster.namespace)}`;
  try {
    await cluster.send({ method: 'GET', path, signal });
    return false;
  } catch (error) {
    return statusOf(error) === 404;
  }
}

/** Somebody on another machine was faster, after we had looked. */
function isBusy({ message }: HelmFailure): boolean {
  return /another operation .*in progress|cannot re-?use a name|"sh\.helm\.release\.\S+" already exists/.test(
    message,
  );
}
