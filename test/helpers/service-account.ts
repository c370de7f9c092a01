import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { kubeconfig } from '../cluster/credentials.ts';
import { runDirectory } from '../cluster/places.ts';
import type { Cluster } from './cluster.ts';
import { temporaryVolume } from './volume.ts';

/** A rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Makes a service account that may do only what the rules say, in its namespace. @returns its kubeconfig's file */
export async function serviceAccount(
  t: TestContext,
  { kubectl }: Cluster,
  {
    namespace,
    name,
    rules,
  }: { readonly namespace: string; readonly name: string; readonly rules: readonly Rule[] },
): Promise<string> {
  const metadata = { name, namespace };
  const rbac = 'rbac.authorization.k8s.io';
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
  const made = await kubectl(['apply', '--filename', '-'], { objects });
  assert.equal(made.exitCode, 0, made.stderr);
  const token = await kubectl(['--namespace', namespace, 'create', 'token', name, '--duration=4h']);
  assert.equal(token.exitCode, 0, token.stderr);
  const authority = readFileSync(join(runDirectory, 'pki/ca.crt')).toString('base64');
  const file = join(temporaryVolume(t), 'kubeconfig');
  writeFileSync(file, kubeconfig(authority, { token: token.stdout.trim() }, namespace), { mode: 0o600 });
  return file;
}
