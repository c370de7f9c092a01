import { type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { until } from '../helpers/until.ts';
import { makeCredentials } from './credentials.ts';
import { importImage } from './import-image.ts';
import { prepareMachine } from './machine.ts';
import { writeNodeSettings } from './node-settings.ts';
import { addOwner } from './owners.ts';
import { addresses, adminKubeconfig, clusterLock, pauseImage, runDirectory as run } from './places.ts';
import { clusterProcess, removeCluster, turnBoundMs } from './stop-cluster.ts';
import { withLock } from './with-lock.ts';

/** How long the programs may take until the node is ready, ms. */
const readyBoundMs = 180_000;
const shownLines = 5;

/**
 * Starts the cluster unless it runs. When it returns, pods can be created.
 *
 * @param bin the programs' directory
 * @param owner the process that needs it: the cluster stops when this process and other owners have ended
 * @throws Error with the end of a log if a program dies
 */
export async function startCluster(bin: string, owner: number): Promise<void> {
  await withLock(clusterLock, 'the cluster is not being started or stopped', turnBoundMs, async () => {
    if (clusterRuns()) return await addOwner(owner);
    await removeCluster();
    await mkdir(run, { mode: 0o711 });
    try {
      await addOwner(owner);
      await start(bin);
    } catch (error) {
      const log = existsSync(join(run, 'log')) ? await endOfLogs() : '';
      await removeCluster();
      throw new Error(`The Kubernetes cluster did not start: ${error}${log}`, { cause: error });
    }
  });
}

/** Whether pods can be created. */
export function clusterRuns(): boolean {
  return clusterProcess() !== null && existsSync(adminKubeconfig);
}

/** Where the running cluster's programs are: of the checkout that has started it. */
export function runningPrograms(): string {
  return readFileSync(join(run, 'programs'), 'utf8');
}

async function start(bin: string): Promise<void> {
  await Promise.all([mkdir(join(run, 'log')), mkdir(join(run, 'images')), makeCredentials(join(run, 'pki'))]);
  await writeFile(join(run, 'programs'), bin);
  await writeNodeSettings(run);
  await prepareMachine();
  startNode(bin);
  await untilReady('containerd answers', 'ctr', ['--address', join(run, 'containerd.sock'), 'version']);
  // The first container of every pod waits and reaps: catatonit can.
  await importImage(pauseImage, { entrypoint: ['/catatonit', '-P'], user: '65535:65535' }, async (tree) => {
    await copyFile('/usr/bin/catatonit', join(tree, 'catatonit'));
  });
  const kubectl = (args: readonly string[]) => [`--kubeconfig=${join(run, 'pki/admin.kubeconfig')}`, ...args];
  const program = join(bin, 'kubectl');
  await untilReady('the API server is ready', program, kubectl(['get', '--raw', '/readyz']));
  const ready = ['wait', '--for=condition=Ready', 'node/node', '--timeout=5s'];
  await untilReady('the node is ready', program, kubectl(ready));
  const account = ['--namespace=default', 'get', 'serviceaccount', 'default'];
  await untilReady('service accounts are made', program, kubectl(account));
  // It tells that the cluster works, so it is the last.
  await writeFile(`${adminKubeconfig}.new`, await readFile(join(run, 'pki/admin.kubeconfig')), {
    mode: 0o600,
  });
  await rename(`${adminKubeconfig}.new`, adminKubeconfig);
}

function startNode(bin: string): void {
  const log = openSync(join(run, 'log/node.log'), 'w');
  const detached: SpawnOptions = { detached: true, stdio: ['ignore', log, log], cwd: '/' };
  const script = join(import.meta.dirname, 'node.sh');
  const { apiPort, etcdPort, node, api, services } = addresses;
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const place = [run, bin, apiPort, etcdPort, node, api, services].map(String);
  const first = spawn('unshare', [...namespaces, script, ...place], detached);
  writeFileSync(join(run, 'pid'), `${first.pid}`);
  first.unref();
  const watch = [join(import.meta.dirname, 'watch.sh'), run, process.execPath];
  spawn('/bin/sh', watch, detached).unref();
  closeSync(log);
}

async function untilReady(what: string, program: string, args: readonly string[]): Promise<void> {
  const tried = async () =>
    clusterProcess() === null || (await execa(program, args, { reject: false })).exitCode === 0;
  await until(what, tried, readyBoundMs);
  if (clusterProcess() === null) throw new Error(`The cluster has ended before ${what}`);
}

/** The last lines of each program: why it did not start is in one of them. */
async function endOfLogs(): Promise<string> {
  const files = (await readdir(join(run, 'log'))).filter((name) => name.endsWith('.log'));
  const ends = files.map(async (name) => {
    const lines = (await readFile(join(run, 'log', name), 'utf8')).trimEnd().split('\n');
    return `\n--- ${name}\n${lines.slice(-shownLines).join('\n')}`;
  });
  return (await Promise.all(ends)).join('');
}
