import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { startApiFront } from '../helpers/api-front.ts';
import { restrictedNamespace } from '../helpers/cluster.ts';
import { jobOf, operatorPlace } from '../helpers/operator.ts';
import { type Rule, serviceAccount } from '../helpers/service-account.ts';
import { until } from '../helpers/until.ts';

test('operator: one runs the jobs of all namespaces, with the rights in cluster-role.yaml alone', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const { cluster, namespace } = place;
  const other = await restrictedNamespace(t, cluster);
  const inOther = (...args: readonly string[]) => cluster.kubectl(['--namespace', other, ...args]);
  const [ofCluster, ofLease] = parseAllDocuments(
    readFileSync('images/operator/cluster-role.yaml', 'utf8'),
  ).map((each) => each.toJS() as { readonly rules: readonly Rule[] });
  const account = { namespace, name: 'operator', rules: ofLease?.rules ?? [] };
  const kubeconfig = await serviceAccount(t, cluster, account);
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: namespace };
  const subjects = [{ kind: 'ServiceAccount', name: 'operator', namespace }];
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: namespace };
  t.after(() => cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', namespace]));
  await place.apply(
    { ...ofCluster, metadata },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata, subjects, roleRef },
  );
  const front = await startApiFront(t, kubeconfig);
  // Other namespaces of the cluster are other tests'.
  front.interference = { has: ({ metadata: own }) => [namespace, other].includes(own.namespace ?? '') };
  const operator = await place.start(['--all-namespaces', '--kubeconfig', front.kubeconfig]);
  await place.make('same', 'exit 0', { ttlSecondsAfterFinished: 1 });
  const variables = [{ name: 'CODE', value: '4' }];
  const job = jobOf('same', { command: ['sh', '-c', 'exit $CODE'], variables });
  const made = await cluster.kubectl(['--namespace', other, 'apply', '--filename', '-'], { objects: [job] });
  assert.equal(made.exitCode, 0, made.stderr);
  await until('that of the other namespace has failed', async () => {
    const { stdout } = await inOther(
      'get',
      'ej',
      'same',
      '--output=jsonpath={.status.exitCode} {.metadata.finalizers}',
    );
    return stdout === '4 ';
  });
  await until('that of its own namespace is gone', async () => (await place.job('same')) === null);
  assert.match((await inOther('get', 'events')).stdout, /JobFailed +emissaryjob\/same/);
  assert.match(await place.kubectl('get', 'lease', '--output=name'), /multiflexi-emissary-operator/);
  assert.doesNotMatch(operator.stderr(), /forbidden|cannot/);
});
