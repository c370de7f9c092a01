import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ApiClient } from '../helpers/api-client.ts';
import { until } from '../helpers/until.ts';
import { kwokProgram, stagesFile } from './kwok-program.ts';

const taint = 'multiflexi.eu/simulated';

/** What of a pod's spec brings it to the simulated node, and nothing else goes there. */
export const onSimulatedNode = {
  nodeSelector: { [taint]: 'true' },
  tolerations: [{ key: taint, operator: 'Exists' }],
} as const;

/** Has a node, while this runs, on which pods are only simulated: `kwok/stages.yaml` says how. */
export async function withSimulatedNode<T>(
  client: ApiClient,
  kubeconfig: string,
  use: () => Promise<T>,
): Promise<T> {
  const program = await kwokProgram((text) => process.stderr.write(`${text}\n`));
  const name = `simulated-${process.pid}`;
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { [taint]: 'true' } },
    spec: { taints: [{ key: taint, effect: 'NoSchedule' }] },
  };
  const args = ['--kubeconfig', kubeconfig, '--config', stagesFile, '--manage-all-nodes=false'];
  const own = ['--manage-nodes-with-label-selector', `${taint}=true`, '--node-lease-duration-seconds=40'];
  const kwok = spawn(program, [...args, ...own], { stdio: 'ignore' });
  try {
    await client.send('POST', '/api/v1/nodes', node);
    await until('the simulated node is ready', async () => {
      const { status } = (await client.send('GET', `/api/v1/nodes/${name}`)) as typeof node & Conditions;
      return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
    });
    return await use();
  } finally {
    await client.send('DELETE', `/api/v1/nodes/${name}`).catch(() => undefined);
    await stop(kwok);
  }
}

interface Conditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
