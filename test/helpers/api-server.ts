import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runDirectory } from '../cluster/places.ts';
import { atEnd } from './at-end.ts';
import type { Cluster } from './cluster.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** One more API server of the cluster, of the test's own: whoever kills it disturbs nobody else. */
export interface ApiServer {
  /** The administrator's, through this server. */
  readonly kubeconfig: string;
  /** Kills it, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it at the same port, and resolves when it is ready. */
  start(): Promise<void>;
}

/** The parts of a cluster that it needs. */
export type Beside = Pick<Cluster, 'kubeconfig' | 'programs' | 'kubectl'>;

/** Starts an API server as the cluster's own one was started, on the same data. */
export async function startApiServer(t: TestContext, cluster: Beside): Promise<ApiServer> {
  const server = await apiServerBeside(cluster, temporaryVolume(t));
  atEnd(t, () => server.kill());
  return server;
}

/** The same outside of a test: whoever starts it kills it. @param directory for its kubeconfig */
export async function apiServerBeside(cluster: Beside, directory: string): Promise<ApiServer> {
  const port = await freePort();
  const args = argumentsOfRunning().map((arg) =>
    arg.startsWith('--secure-port=') ? `--secure-port=${port}` : arg,
  );
  // The service of the cluster stays that of the other server.
  args.push('--endpoint-reconciler-type=none');
  const kubeconfig = join(directory, 'kubeconfig');
  const own = readFileSync(cluster.kubeconfig, 'utf8').replace(/(https:\/\/127\.0\.0\.1):\d+/, `$1:${port}`);
  writeFileSync(kubeconfig, own, { mode: 0o600 });
  let running: ChildProcess | null = null;
  const server: ApiServer = {
    kubeconfig,
    kill: async () => {
      if (running === null) return;
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
      running = null;
    },
    start: async () => {
      running = spawn(join(cluster.programs, 'kube-apiserver'), args, { cwd: runDirectory, stdio: 'ignore' });
      await until('the second API server is ready', async () => {
        const { exitCode } = await cluster.kubectl(['get', '--raw', '/readyz'], { kubeconfig });
        return exitCode === 0;
      });
    },
  };
  await server.start();
  return server;
}

function argumentsOfRunning(): string[] {
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const [program = '', ...args] = commandLine(pid);
    if (program.endsWith('kube-apiserver') && args.some((arg) => arg.includes(runDirectory))) return args;
  }
  throw new Error('The API server of the cluster does not run');
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .filter((arg) => arg !== '');
  } catch {
    return [];
  }
}
