import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { clusterLauncher } from '../helpers/cluster-launcher.ts';
import { withBusybox } from '../helpers/images.ts';
import { requireRegistry } from '../helpers/registry.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const command = ['sh', '-c', 'echo of the image; exit 4'];

test('kubernetes: without a command, that of the image is run, as its registry tells it', async (t) => {
  const launcher = await clusterLauncher(t);
  const registry = await requireRegistry(t);
  if (launcher === null || registry === null) return;
  const image = await registry.push('team/with-command:1', (tree) => withBusybox(tree), command);
  const ended = await launcher.verb(['launch', '--engine', 'kubernetes', '--image', image]);
  assert.deepEqual([ended.status, ended.stdout.toString()], [4, 'of the image\n'], ended.stderr);
});

test('kubernetes: an image that is pushed a little later is waited for; one that does not exist is named', async (t) => {
  const launcher = await clusterLauncher(t);
  const registry = await requireRegistry(t);
  if (launcher === null || registry === null) return;
  const image = `${registry.host}/team/late:1`;
  const launch = ['launch', '--engine', 'kubernetes', '--image', image];
  const running = launcher.startScript('echo late; exit 3', { options: ['--image', image] });
  const args = ['--namespace', launcher.namespace, 'get', 'pods', '--output=json'];
  await until('the pull has failed', async () =>
    /ErrImagePull|ImagePullBackOff/.test((await launcher.cluster.kubectl(args)).stdout),
  );
  await registry.push('team/late:1', (tree) => withBusybox(tree), command);
  const { status, stdout } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [3, 'late\n'], running.stderr());
  const missing = await launcher.verb([...launch.slice(0, -1), `${registry.host}/team/nowhere:1`]);
  assert.equal(missing.status, 64);
  assert.match(
    missing.stderr,
    /^emissary: Cannot look up the command of the image [^\n]*team\/nowhere:1[^\n]*manifest unknown[^\n]*\n$/,
  );
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a private image’s command is looked up with the login of config.json, for this kind of processor', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const registry = await privateRegistry(t);
  const home = temporaryVolume(t);
  mkdirSync(join(home, '.docker'));
  const auth = Buffer.from('alice:s:cret').toString('base64');
  writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
  const launch = [
    'launch',
    '--engine',
    'kubernetes',
    '--image',
    `${registry.host}/private:1`,
    '--pull',
    'never',
  ];
  const { status, stderr } = await launcher.verb(launch, { HOME: home });
  // The cluster itself has not got it; but its command was found.
  assert.equal(status, 64);
  assert.match(stderr, /The image [^\n]*\/private:1 is not there/);
  assert.deepEqual(registry.asked, [
    '401 /v2/private/manifests/1',
    '200 /token alice:s:cret',
    '200 /v2/private/manifests/1',
    `200 /v2/private/manifests/${registry.own}`,
    `200 /v2/private/blobs/${registry.config}`,
  ]);
});

/** A registry that gives tokens, and has an image for several kinds of processors. */
async function privateRegistry(t: TestContext): Promise<{
  readonly host: string;
  readonly asked: readonly string[];
  /** The digests of this processor's manifest, and of its configuration. */
  readonly own: string;
  readonly config: string;
}> {
  const asked: string[] = [];
  const platform = (architecture: string) => ({ os: 'linux', architecture });
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const configuration = { config: { Entrypoint: ['sh'], Cmd: ['-c', 'true'] } };
  const config = digestOf(configuration);
  const manifest = { config: { digest: config } };
  const own = digestOf(manifest);
  const documents: Readonly<Record<string, object>> = {
    '/v2/private/manifests/1': {
      manifests: [
        { digest: digestOf({}), platform: platform('s390x') },
        { digest: own, platform: platform(architecture) },
      ],
    },
    [`/v2/private/manifests/${own}`]: manifest,
    [`/v2/private/blobs/${config}`]: configuration,
  };
  const server: Server = createServer((request: IncomingMessage, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    const { authorization = '' } = request.headers;
    const login = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
    const isToken = pathname === '/token';
    const status = isToken || authorization === 'Bearer good' ? 200 : 401;
    asked.push(`${status} ${pathname}${isToken ? ` ${login}` : ''}`);
    const realm = `http://${request.headers.host}/token`;
    response.writeHead(status, { 'www-authenticate': `Bearer realm="${realm}",service="s",scope="pull"` });
    response.end(JSON.stringify(isToken ? { token: 'good' } : (documents[pathname] ?? {})));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(t, () => void server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, own, config };
}

function digestOf(document: object): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(document)).digest('hex')}`;
}
