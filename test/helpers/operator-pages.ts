import { copyFileSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { atEnd } from './at-end.ts';
import { makeCertificate } from './certificate.ts';
import { freePort } from './free-port.ts';
import { type OperatorPlace, operatorPlace } from './operator.ts';
import { type Rule, serviceAccount } from './service-account.ts';
import { temporaryVolume } from './volume.ts';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Pages that an operator serves. */
export interface Pages {
  readonly place: OperatorPlace;
  readonly port: number;
  ask(path: string, authorization?: string, method?: string): Promise<Answer>;
}

/** An operator with the rights of the examples, and no others, that serves pages. */
export async function operatorPages(t: TestContext): Promise<Pages | null> {
  const place = await operatorPlace(t);
  if (place === null) return null;
  const { cluster, namespace } = place;
  const rules = ['role.yaml', 'page-role.yaml'].flatMap((file) =>
    parseAllDocuments(readFileSync(`images/operator/${file}`, 'utf8'))
      .map((document): { readonly rules?: readonly Rule[] } => document.toJS())
      .flatMap((each) => each.rules ?? []),
  );
  const kubeconfig = await serviceAccount(t, cluster, { namespace, name: 'operator', rules });
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `page-${namespace}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
    subjects: [{ kind: 'ServiceAccount', name: 'operator', namespace }],
  };
  atEnd(t, () => cluster.kubectl(['delete', 'clusterrolebinding', `page-${namespace}`]));
  await place.apply(binding);
  const certificate = makeCertificate(t, 'IP:127.0.0.1');
  const directory = temporaryVolume(t);
  copyFileSync(certificate.path, join(directory, 'tls.crt'));
  copyFileSync(certificate.keyPath, join(directory, 'tls.key'));
  const port = await freePort();
  const options = ['--lease', '0', '--page', String(port), '--page-tls', directory];
  await place.start(options, { KUBECONFIG: kubeconfig });
  const agent = new Agent({ ca: certificate.cert });
  return {
    place,
    port,
    ask: (path, authorization, method = 'GET') => askPage(agent, port, { path, authorization, method }),
  };
}

/** Asks for a path. */
export function askPage(
  agent: Agent,
  port: number,
  of: { readonly path: string; readonly authorization: string | undefined; readonly method: string },
): Promise<Answer> {
  const { path, authorization, method } = of;
  const headers = authorization === undefined ? {} : { authorization };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent }, (answer) => {
      let text = '';
      answer.on('data', (piece) => {
        text += String(piece);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      answer.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

/** The right to get jobs, */
export const mayGetJobs = {
  apiGroups: ['emissary.multiflexi.eu'],
  resources: ['emissaryjobs'],
  verbs: ['get'],
};
/** and the logs of pods. */
export const mayGetLogs = { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] };

/** The token of somebody with these rights. */
export async function viewerToken(
  t: TestContext,
  { cluster, namespace }: OperatorPlace,
  name: string,
  rules: readonly Rule[],
): Promise<string> {
  await serviceAccount(t, cluster, { namespace, name, rules });
  const { stdout } = await cluster.kubectl(['--namespace', namespace, 'create', 'token', name]);
  return stdout.trim();
}

/** As a browser sends it. */
export function basic(token: string): string {
  return `Basic ${Buffer.from(`anybody:${token}`).toString('base64')}`;
}
