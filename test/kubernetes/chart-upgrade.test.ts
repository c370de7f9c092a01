import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { restrictedNamespace } from '../helpers/cluster.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { type OperatorChart, operatorChart, withoutDefinition } from '../helpers/operator-chart.ts';
import { podsFront } from '../helpers/pods-front.ts';
import { until } from '../helpers/until.ts';

for (const side of ['client', 'server'] as const)
  test(`chart: three upgrades by the ${side}, one that fails and a rollback leave the webhook as it is; labelled pods are captured all the time`, async (t) => {
    const place = await webhookChart(t);
    if (place === null) return;
    const { chart, trust, watch } = place;
    const method = `--server-side=${side === 'server'}`;
    const change = (verb: string, values: object, more: readonly string[] = []) =>
      chart.helm([verb, 'emissary', chart.chart, method, ...place.values(values), ...more]);
    const wait = ['--wait', '--timeout', '120s'];
    const installed = await change('install', {}, wait);
    assert.equal(installed.exitCode, 0, installed.stderr);
    const bundle = await until('the webhook is trusted', trust);
    const watched = watch();
    for (const values of [
      { webhook: { timeoutSeconds: 9 } },
      { webhook: { timeoutSeconds: 8, failurePolicy: 'Fail' }, podLabels: { step: 'two' } },
      { webhook: { timeoutSeconds: 7 }, leaseSeconds: 20 },
    ]) {
      const { exitCode, stderr } = await change('upgrade', values, wait);
      assert.equal(exitCode, 0, stderr);
      assert.equal(await trust(), bundle);
    }
    const broken = { image: { tag: 'nowhere' }, webhook: { timeoutSeconds: 3 } };
    const failed = await change('upgrade', broken, ['--wait', '--timeout', '3s']);
    assert.notEqual(failed.exitCode, 0);
    assert.equal(await trust(), bundle);
    await chart.helmDone(['rollback', 'emissary', ...wait]);
    assert.equal(await trust(), bundle);
    const told = await watched.end();
    assert.deepEqual(told.problems, []);
    assert.ok(told.pods >= 5, `${told.pods} pods`);
    const history = JSON.parse(await chart.helmDone(['history', 'emissary', '--output', 'json']));
    assert.equal(history.at(-1).status, 'deployed');
  });

interface WebhookChart {
  readonly chart: OperatorChart;
  values(more: { readonly webhook?: object }): readonly string[];
  /** The authorities of both entries; null: of one there are none. */
  trust(): Promise<string | null>;
  /** Makes labelled pods all the time, which are not kept, and looks whether they were captured. */
  watch(): { end(): Promise<{ readonly pods: number; readonly problems: readonly string[] }> };
}

/** A chart whose webhook is for one namespace, and is reached like a service. */
async function webhookChart(t: TestContext): Promise<WebhookChart | null> {
  const chart = await operatorChart(t);
  if (chart === null) return null;
  const { cluster, kubectl } = chart;
  const labelled = await restrictedNamespace(t, cluster);
  const port = await podsFront(t, 9443, async () => {
    const selector = '--selector=app.kubernetes.io/name=multiflexi-emissary-operator';
    const { items } = JSON.parse(await kubectl('get', 'pods', selector, '--output=json'));
    return (items as readonly OperatorPod[]).filter(isReady).map(({ status }) => status.podIP);
  });
  const only = { key: 'kubernetes.io/metadata.name', operator: 'In', values: [labelled] };
  const webhook = { enabled: true, url: `https://127.0.0.1:${port}/mutate`, namespaces: [only] };
  const one = { metadata: { name: 'plain', labels: { 'emissary.multiflexi.eu/inject': 'true' } } };
  const spec = { ...restricted, containers: [{ ...container, command: ['sh', '-c', 'exit 0'] }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', ...one, spec };
  const args = ['--namespace', labelled, 'create', '--dry-run=server', '--output=json', '--filename=-'];
  const problem = async () => {
    const { exitCode, stdout, stderr } = await cluster.kubectl(args, { objects: [pod] });
    if (exitCode !== 0) return `${exitCode}: ${stderr}`;
    const [{ metadata }] = JSON.parse(stdout).items ?? [JSON.parse(stdout)];
    const said = metadata.annotations?.['emissary.multiflexi.eu/injected'];
    return said === 'true' ? null : `not captured: ${said} ${stderr}`;
  };
  return {
    chart,
    values: (more) =>
      chart.values({ ...withoutDefinition, replicas: 1, ...more, webhook: { ...webhook, ...more.webhook } }),
    trust: async () => {
      const name = `${chart.namespace}-emissary`;
      const text = await kubectl('get', 'mutatingwebhookconfiguration', name, '--output=json');
      const all = (JSON.parse(text).webhooks as readonly Entry[]).map((each) => each.clientConfig.caBundle);
      return all.every((each) => each !== undefined && each !== '') ? all.join(' ') : null;
    },
    watch: () => {
      const stop = new AbortController();
      const problems: string[] = [];
      let pods = 0;
      const running = (async () => {
        for (; !stop.signal.aborted; pods += 1) {
          const found = await problem();
          if (found !== null) problems.push(found);
        }
      })();
      return {
        end: async () => {
          stop.abort();
          await running;
          return { pods, problems };
        },
      };
    },
  };
}

interface Entry {
  readonly clientConfig: { readonly caBundle?: string };
}

interface OperatorPod {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly status: {
    readonly podIP: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

function isReady({ metadata, status }: OperatorPod): boolean {
  const ready = status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True');
  return ready === true && metadata.deletionTimestamp === undefined;
}

const restricted = {
  restartPolicy: 'Never',
  securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
};
const container = {
  name: 'main',
  image: jobImage,
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};
