import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'yaml';
import type { ApiClient } from '../helpers/api-client.ts';
import { forEachOf } from '../helpers/batches.ts';
import type { OperatorProcess } from './operator-process.ts';

const apiVersion = 'emissary.multiflexi.eu/v1alpha1';
const lookMs = 250;

/** A namespace for many jobs. */
export interface JobsPlace {
  readonly namespace: string;
  /** Ms until its operator has recorded the end of so many resources. */
  resources(count: number, operator: OperatorProcess, spec: object): Promise<number>;
  /** Ms until so many plain Jobs are complete. @param spec of their pods */
  plainJobs(count: number, spec: object): Promise<number>;
  /** Makes resources whose jobs have ended long ago. */
  finished(count: number, spec: object): Promise<void>;
}

/** Has a namespace while this runs. */
export async function withJobsPlace<T>(client: ApiClient, use: (place: JobsPlace) => Promise<T>): Promise<T> {
  const definition = parse(readFileSync('images/operator/crd.yaml', 'utf8'));
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await client.send('POST', definitions, definition).catch((error: Error) => {
    if (!error.message.includes(' 409 ')) throw error;
  });
  const name = `bench-${process.pid}-${Date.now()}`;
  await client.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
  try {
    await accountOf(client, name);
    return await use(placeOf(client, name));
  } finally {
    // Its finalizers have no operator any more.
    await client.send('DELETE', `/apis/${apiVersion}/namespaces/${name}/emissaryjobs`).catch(() => undefined);
    await client.send('DELETE', `/api/v1/namespaces/${name}`).catch(() => undefined);
  }
}

/** Pods need it. */
async function accountOf(client: ApiClient, namespace: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    if ((await client.send('GET', path).catch(() => null)) !== null) return;
    await pause(lookMs);
  }
}

function placeOf(client: ApiClient, namespace: string): JobsPlace {
  const resources = `/apis/${apiVersion}/namespaces/${namespace}/emissaryjobs`;
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const names = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  const resource = (name: string, spec: object) => ({
    apiVersion,
    kind: 'EmissaryJob',
    metadata: { name },
    spec,
  });
  const until = async (is: () => Promise<boolean>) => {
    while (!(await is())) await pause(lookMs);
  };
  return {
    namespace,
    resources: async (count, operator, spec) => {
      const began = performance.now();
      await forEachOf(names(count, 'job'), async (name) => {
        await client.send('POST', resources, resource(name, spec));
      });
      await until(
        async () => (await operator.metrics()).get('emissary_operator_jobs{phase="Succeeded"}') === count,
      );
      return performance.now() - began;
    },
    plainJobs: async (count, spec) => {
      const began = performance.now();
      await forEachOf(names(count, 'plain'), async (name) => {
        const body = { backoffLimit: 0, template: { spec } };
        await client.send('POST', jobs, {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name },
          spec: body,
        });
      });
      await until(async () => {
        const found = await client.send('GET', `${jobs}?fieldSelector=status.successful=1`);
        return ((found as { readonly items: readonly unknown[] | null }).items ?? []).length === count;
      });
      return performance.now() - began;
    },
    finished: (count, spec) =>
      forEachOf(names(count, 'finished'), async (name) => {
        await client.send('POST', resources, resource(name, spec));
        await client.send('PATCH', `${resources}/${name}/status`, { status: statusOf(name) });
      }),
  };
}

/** As an operator leaves it. */
function statusOf(name: string): object {
  const time = new Date().toISOString();
  const step = (phase: string) => ({ phase, reason: phase, attempt: 1, time });
  const condition = (type: string, status: string) => ({
    ...{ type, status, reason: 'Succeeded', message: 'The job succeeded' },
    ...{ lastTransitionTime: time, observedGeneration: 1 },
  });
  return {
    ...{ phase: 'Succeeded', reason: 'Succeeded', message: 'The job succeeded', observedGeneration: 1 },
    ...{ attempts: 1, systemFailures: 0, podName: `${name}-1`, podUid: '0'.repeat(36), attemptTime: time },
    ...{ exitCode: 0, verdict: 'succeeded', startTime: time, completionTime: time },
    conditions: [condition('Progressing', 'False'), condition('Succeeded', 'True')],
    phaseHistory: ['Queued', 'Initializing', 'Executing', 'Succeeded'].map(step),
  };
}
