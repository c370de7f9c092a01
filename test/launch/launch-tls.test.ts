import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { atEnd } from '../helpers/at-end.ts';
import { type Certificate, makeCertificate } from '../helpers/certificate.ts';
import type { Finished } from '../helpers/emissary.ts';
import { socketOf } from '../helpers/engine-front.ts';
import { freePort } from '../helpers/free-port.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Launcher } from '../helpers/launcher-parts.ts';
import { assertReached } from '../helpers/remote-engine.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('docker over TLS: the certificates of DOCKER_CERT_PATH count', async (t) => {
  const far = await farEngine(t);
  if (far === null) return;
  const env = { DOCKER_CERT_PATH: far.files({}), DOCKER_TLS_VERIFY: '1' };
  assertReached(await far.launch(`tcp://127.0.0.1:${far.port}`, env));
});

test('docker over TLS: those of a context count, and its SkipTLSVerify', async (t) => {
  const far = await farEngine(t);
  if (far === null) return;
  const other = makeCertificate(t, 'IP:127.0.0.1');
  const right = context(t, far, far.files({}), false);
  assertReached(await far.launch(null, right));
  const skipping = context(t, far, far.files({ ca: other }), true);
  assertReached(await far.launch(null, skipping));
  const wrong = await far.launch(null, context(t, far, far.files({ ca: other }), false));
  assertRefused(wrong, far, /self-signed certificate/);
});

test('docker over TLS: a server that asks for no certificate needs none', async (t) => {
  const far = await farEngine(t, { asks: false });
  if (far === null) return;
  const env = { DOCKER_CERT_PATH: far.files({ client: null }), DOCKER_TLS_VERIFY: '1' };
  assertReached(await far.launch(`tcp://127.0.0.1:${far.port}`, env));
});

test('docker over TLS: an unknown authority, a wrong name, a missing certificate: one sentence', async (t) => {
  const far = await farEngine(t);
  if (far === null) return;
  const at = `tcp://127.0.0.1:${far.port}`;
  const other = makeCertificate(t, 'IP:127.0.0.1');
  const unknown = { DOCKER_CERT_PATH: far.files({ ca: other }), DOCKER_TLS_VERIFY: '1' };
  assertRefused(await far.launch(at, unknown), far, /self-signed certificate/);
  const missing = { DOCKER_CERT_PATH: far.files({ client: null }), DOCKER_TLS_VERIFY: '1' };
  assertRefused(await far.launch(at, missing), far, /certificate required/i);
  assertRefused(await far.launch(at, {}), far, /socket hang up|ECONNRESET|Parse Error/);
  const named = await farEngine(t, { name: 'DNS:engine.example' });
  if (named === null) return;
  const right = { DOCKER_CERT_PATH: named.files({}), DOCKER_TLS_VERIFY: '1' };
  const refused = await named.launch(`tcp://127.0.0.1:${named.port}`, right);
  assertRefused(refused, named, /does not match certificate|not in the cert/);
});

test('docker over TCP: a port where nobody listens, and a host that does not exist', async (t) => {
  const far = await farEngine(t);
  if (far === null) return;
  const port = await freePort();
  const refused = await far.launch(`tcp://127.0.0.1:${port}`, {});
  assertRefused(refused, { ...far, port }, /ECONNREFUSED/);
  const nowhere = await far.launch('tcp://no-such-host.invalid:2375', {});
  assert.match(
    nowhere.stderr,
    /^emissary: Cannot reach docker at no-such-host\.invalid:2375: [^\n]*(ENOTFOUND|EAI_AGAIN)[^\n]*\n$/,
  );
  assert.equal(nowhere.status, 64);
});

interface FarEngine {
  readonly launcher: Launcher;
  readonly port: number;
  /** A directory with ca.pem, cert.pem and key.pem; null: none for the client. */
  files(of: { readonly ca?: Certificate; readonly client?: null }): string;
  /** Launches `exit 7`. */
  launch(host: string | null, env: Readonly<Record<string, string>>): Promise<Finished>;
}

/** The engine of this machine behind TLS, as `dockerd --tlsverify` offers it; null: skipped. */
async function farEngine(
  t: TestContext,
  { asks = true, name = 'IP:127.0.0.1' } = {},
): Promise<FarEngine | null> {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null || launcher.engine === null) return null;
  const socket = await socketOf(t, launcher.engine);
  const [own, client] = [makeCertificate(t, name), makeCertificate(t, 'DNS:client')];
  const { key, cert } = own;
  const server = createServer({ key, cert, ca: client.cert, requestCert: asks }, (far) => {
    const near = connect(socket);
    for (const [one, other] of [
      [far, near],
      [near, far],
    ] as const)
      one.on('error', () => undefined).on('close', () => other.destroy());
    far.pipe(near).pipe(far);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => server.close());
  return {
    launcher,
    port: (server.address() as AddressInfo).port,
    files: ({ ca = own, client: given }) => {
      const directory = temporaryVolume(t);
      copyFileSync(ca.path, join(directory, 'ca.pem'));
      if (given === null) return directory;
      copyFileSync(client.path, join(directory, 'cert.pem'));
      copyFileSync(client.keyPath, join(directory, 'key.pem'));
      return directory;
    },
    launch: (host, env) => launcher.script('exit 7', { env: { ...env, DOCKER_HOST: host ?? '' } }),
  };
}

/** Docker's files of a context, and the variables that choose it. */
function context(t: TestContext, { port }: FarEngine, certificates: string, skip: boolean) {
  const directory = temporaryVolume(t);
  const id = createHash('sha256').update('far').digest('hex');
  const meta = join(directory, 'contexts/meta', id);
  const tls = join(directory, 'contexts/tls', id, 'docker');
  for (const each of [meta, tls]) mkdirSync(each, { recursive: true });
  for (const name of ['ca.pem', 'cert.pem', 'key.pem'])
    copyFileSync(join(certificates, name), join(tls, name));
  const docker = { Host: `tcp://127.0.0.1:${port}`, SkipTLSVerify: skip };
  writeFileSync(
    join(meta, 'meta.json'),
    JSON.stringify({ Name: 'far', Metadata: {}, Endpoints: { docker } }),
  );
  return { DOCKER_CONFIG: directory, DOCKER_CONTEXT: 'far' };
}

function assertRefused(
  { status, stdout, stderr }: Finished,
  { port, launcher }: FarEngine,
  said: RegExp,
): void {
  assert.deepEqual([status, stdout.toString()], [64, ''], stderr);
  assert.match(stderr, new RegExp(`^emissary: Cannot reach docker at 127\\.0\\.0\\.1:${port}: [^\\n]*\\n$`));
  assert.match(stderr, said);
  assert.deepEqual(launcher.left(), []);
}
