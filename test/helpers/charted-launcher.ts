import type { TestContext } from 'node:test';
import { type ChartedApplication, chartedApplication, factsMount } from './chart.ts';
import { type ClusterLauncher, clusterLauncher, podTemplate } from './cluster-launcher.ts';
import { type Running, startEmissary } from './emissary.ts';

/** Values with which the chart never gets ready, */
export const neverReady = { replicas: 1 };
/** and with which it is at once. */
export const none = { replicas: 0 };

/** A launcher of an application with a chart. */
export interface ChartedLauncher {
  readonly launcher: ClusterLauncher;
  readonly app: ChartedApplication;
  /** Starts a launch of the application. */
  launch(options: readonly string[], env?: Readonly<Record<string, string>>): Running;
}

/** Null after the test was skipped because there is no cluster; in CI that is a failure. */
export async function chartedLauncher(t: TestContext): Promise<ChartedLauncher | null> {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return null;
  const app = chartedApplication(t, launcher);
  const mount = podTemplate(t, factsMount);
  const launch = (options: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    startEmissary(t, ['launch', '--engine', 'kubernetes', ...mount, ...options, app.file], {
      env: { ...launcher.env, ...app.env, ...env },
    });
  return { launcher, app, launch };
}
