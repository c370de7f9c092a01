import type { V1Pod } from '@kubernetes/client-node';
import type { ReporterEnd } from '../engine.ts';
import type { Cluster } from './api/cluster.ts';
import { lastLines } from './log/last-lines.ts';
import { containers } from './pod-names.ts';
import { isUnreachable, stateOf } from './pod-state.ts';
import { podStates } from './watch-pod.ts';

/**
 * Waits for the end of the reporter in a pod. @throws Fault `engine` where the server refuses; the signal's reason
 *
 * @param silent called when the server begins not to answer
 */
export async function reporterEnd(
  cluster: Cluster,
  pod: string,
  of: { readonly silent: (reason: string) => void; readonly signal: AbortSignal },
): Promise<ReporterEnd> {
  for await (const state of podStates(cluster, pod, of)) {
    if (state === null) return { exitCode: null, messages: [] };
    if (!isUnreachable(state)) continue;
    return { exitCode: exitCodeOf(state), messages: await messagesOf(cluster, pod) };
  }
  throw of.signal.reason;
}

/** Why the reporter has ended before the job started, as one that refuses its settings does; null: it has not. */
export async function failedReporter(cluster: Cluster, pod: V1Pod): Promise<string | null> {
  const exitCode = exitCodeOf(pod);
  if (exitCode === null || stateOf(pod).kind === 'ended') return null;
  const { name = '' } = pod.metadata ?? {};
  const said = (await messagesOf(cluster, name)).at(-1)?.replace(/^emissary: /, ': ') ?? '';
  return `The reporter in the pod ${name} has ended (${exitCode}) before the job started${said}`;
}

function exitCodeOf({ status }: V1Pod): number | null {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find(({ name }) => name === containers.reporter)?.state?.terminated?.exitCode ?? null;
}

/** Its log also has the result, where it reports to nobody else. */
async function messagesOf(cluster: Cluster, pod: string): Promise<readonly string[]> {
  const text = await lastLines(cluster, pod, containers.reporter);
  return text.split('\n').filter((line) => line.startsWith('emissary: '));
}
