import { type Environment, environmentOf } from '../../settings/cli/environment.ts';
import type { Invocation } from '../../settings/cli/invocation.ts';
import { launchSettings } from '../../settings/verbs/launch-settings.ts';
import type { LaunchedJob } from '../job/launched-job.ts';
import { openLaunch } from '../open-launch.ts';
import type { EnginePlace } from '../state/engine-places.ts';
import type { LaunchRecord } from '../state/launch-record.ts';
import type { StateDirectory } from '../state/state-directory.ts';

/**
 * Claims a job that an earlier launcher has left, to finish or to remove it; its output is not shown.
 *
 * @param how `follow`: its output is shown, and signals are not for the job
 * @throws Fault `usage`, `volume`, `engine`; Interrupted
 */
export async function openRecorded(
  state: StateDirectory,
  record: LaunchRecord,
  invocation: Invocation,
  how: 'finish' | 'follow' = 'finish',
): Promise<LaunchedJob> {
  const { own, settings } = recordedSettings(state, record, invocation);
  if (how === 'follow') return openLaunch({ ...settings, onTerm: 'leave', quiet: false }, own, record.key);
  const job = await openLaunch(settings, own, record.key);
  job.screen.hideOutput();
  return job;
}

/** What is known of an earlier launch without its record. */
export type Recorded = Pick<
  LaunchRecord,
  'key' | 'engine' | 'image' | 'program' | 'reports' | 'sidecar' | 'azure'
> &
  Pick<EnginePlace, 'cluster'>;

/** The settings of an earlier launch, as far as they lead to where it is. @throws Fault `usage` */
export function recordedSettings(state: StateDirectory, record: Recorded, invocation: Invocation) {
  const own = { ...invocation, environment: withoutReport(invocation.environment) };
  return { own, settings: launchSettings(own, argumentsFor(state, record)) };
}

/** Where the next launch is reported from says nothing of this one. */
function withoutReport(environment: Environment): Environment {
  const { EMISSARY_REPORT: _, ...others } = Object.fromEntries(environment.all());
  return environmentOf(others);
}

/** What finishes an earlier launch: no more than where it is. */
function argumentsFor(state: StateDirectory, record: Recorded): readonly Buffer[] {
  const { key, engine, image, program } = record;
  const id = /^job-(\d+)$/.exec(key)?.[1];
  return [
    ...['--engine', engine, '--state', state.path, '--quiet'],
    ...(id === undefined ? [] : ['--job-id', id]),
    ...(image === null ? [] : ['--image', image]),
    ...reportArguments(record),
    ...clusterArguments(record),
    ...azureArguments(record),
    ...['--', program ?? 'true'],
  ].map((text) => Buffer.from(text));
}

/** The variables of whoever cleans up are not the job's. */
function reportArguments({ reports, sidecar }: Recorded): readonly string[] {
  if (sidecar === true) return ['--report', 'sidecar'];
  return reports ? [] : ['--report', 'none'];
}

function clusterArguments({ cluster }: Recorded): readonly string[] {
  const { kubeconfig = null, context = null, namespace = null } = cluster ?? {};
  // Its chart was installed before its pod was made.
  const chart = cluster === null || cluster === undefined ? null : 'none';
  return Object.entries({ kubeconfig, context, namespace, 'helm-chart': chart }).flatMap(([name, value]) =>
    value === null ? [] : [`--${name}`, value],
  );
}

function azureArguments({ azure }: Recorded): readonly string[] {
  if (azure === undefined) return [];
  const { subscription, resourceGroup, location } = azure;
  return Object.entries({ subscription, 'resource-group': resourceGroup, location }).flatMap(
    ([name, value]) => (value === null ? [] : [`--${name}`, value]),
  );
}
