import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { addresses } from './places.ts';

/** A client's or a server's certificate: the subject is who it is to the API server. */
interface Holder {
  readonly name: string;
  readonly subject: string;
  readonly names?: string;
}

const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map((name) => `DNS:${name}`);
const holders: readonly Holder[] = [
  {
    name: 'apiserver',
    subject: '/O=system:masters/CN=kube-apiserver',
    names: [
      'DNS:localhost',
      ...service,
      'IP:127.0.0.1',
      `IP:${addresses.node}`,
      `IP:${addresses.api}`,
    ].join(),
  },
  { name: 'admin', subject: '/O=system:masters/CN=admin' },
  { name: 'controllers', subject: '/CN=system:kube-controller-manager' },
  { name: 'scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'kubelet', subject: '/O=system:nodes/CN=system:node:node', names: `DNS:node,IP:${addresses.node}` },
];

/** Makes an authority, a certificate and a `<name>.kubeconfig` of everybody, and the key of the service accounts' tokens. */
export async function makeCredentials(directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 });
  const openssl = (args: readonly string[]) => execa('openssl', args, { cwd: directory });
  const self = ['req', '-x509', '-subj', '/CN=test-cluster', '-keyout', 'ca.key', '-out', 'ca.crt'];
  await Promise.all([
    openssl([...self, ...newKey, '-days', '30']),
    openssl(['genrsa', '-out', 'serviceaccounts.key', '2048']),
  ]);
  await openssl(['rsa', '-in', 'serviceaccounts.key', '-pubout', '-out', 'serviceaccounts.pub']);
  await Promise.all(holders.map((holder) => sign(directory, holder)));
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

async function sign(directory: string, { name, subject, names }: Holder): Promise<void> {
  const openssl = (args: readonly string[]) => execa('openssl', args, { cwd: directory });
  const [key, request, certificate, extensions] = [
    `${name}.key`,
    `${name}.csr`,
    `${name}.crt`,
    `${name}.ext`,
  ];
  const usage = [
    'keyUsage=critical,digitalSignature,keyEncipherment',
    'extendedKeyUsage=serverAuth,clientAuth',
  ];
  const lines = [...usage, ...(names === undefined ? [] : [`subjectAltName=${names}`])];
  await writeFile(join(directory, extensions), `${lines.join('\n')}\n`);
  await openssl(['req', '-new', ...newKey, '-subj', subject, '-keyout', key, '-out', request]);
  const serial = `${1 + holders.findIndex((holder) => holder.name === name)}`;
  const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-set_serial', serial];
  await openssl([
    ...['x509', '-req', '-in', request, ...authority, '-days', '30'],
    ...['-extfile', extensions, '-out', certificate],
  ]);
  const user = {
    'client-certificate-data': await base64(join(directory, certificate)),
    'client-key-data': await base64(join(directory, key)),
  };
  const text = kubeconfig(await base64(join(directory, 'ca.crt')), user);
  await writeFile(join(directory, `${name}.kubeconfig`), text, { mode: 0o600 });
}

/** A kubeconfig (JSON, which is YAML) for this cluster and one user: a certificate, or a token. */
export function kubeconfig(
  authority: string,
  user: Readonly<Record<string, string>>,
  namespace?: string,
): string {
  const server = `https://127.0.0.1:${addresses.apiPort}`;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'user', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'user', namespace } }],
  });
}

async function base64(file: string): Promise<string> {
  return (await readFile(file)).toString('base64');
}
