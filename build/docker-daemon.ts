import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';

/** A Docker daemon that belongs to the test run. */
export interface DockerDaemon {
  /** For DOCKER_HOST. */
  readonly host: string;
  stop(): Promise<void>;
}

const startBoundMs = 180_000;
const answerBoundMs = 30_000;
const stopBoundMs = 60_000;
const pauseMs = 100;

/**
 * Starts a Docker daemon with its own socket and images, if none responds and we are able to (as root, with dockerd
 * installed). It leaves the firewall and bridges alone, so containers run with `--network none`.
 *
 * @returns null if an engine already responds, or none can be started; the container tests then report it
 */
export async function startDockerDaemon(): Promise<DockerDaemon | null> {
  if (await answers(process.env['DOCKER_HOST'])) return null;
  if (process.getuid?.() !== 0 || (await execa('dockerd', ['--version'], { reject: false })).exitCode !== 0)
    return null;
  const directory = await mkdtemp(join(tmpdir(), 'emissary-docker-'));
  const host = `unix://${directory}/socket`;
  // A file, not a pipe: a synchronous bench does not read a pipe, and a daemon blocks on a full one.
  const file = await open(`${directory}/log`, 'w');
  const log = file.createWriteStream();
  const daemon = execa(
    'dockerd',
    [
      ...['--iptables=false', '--bridge=none', '--host', host, '--pidfile', `${directory}/pid`],
      ...['--data-root', `${directory}/data`, '--exec-root', `${directory}/exec`],
    ],
    { reject: false, cleanup: true, stdin: 'ignore', stdout: log, stderr: log },
  );
  const stop = async () => {
    daemon.kill('SIGTERM');
    // A container that does not end holds it.
    const late = setTimeout(() => daemon.kill('SIGKILL'), stopBoundMs);
    await daemon;
    clearTimeout(late);
    await file.close();
    // The last container's mount may be busy for a moment.
    await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  };
  const end = performance.now() + startBoundMs;
  while (!(await answers(host))) {
    if (daemon.exitCode !== null || performance.now() > end) {
      const output = await readFile(`${directory}/log`, 'utf8');
      await stop();
      process.stderr.write(`dockerd did not start:\n${output.split('\n').slice(-5).join('\n')}\n`);
      return null;
    }
    await pause(pauseMs);
  }
  return { host, stop };
}

async function answers(host: string | undefined): Promise<boolean> {
  const { exitCode } = await execa('docker', ['info'], {
    reject: false,
    timeout: answerBoundMs,
    ...(host !== undefined && { env: { DOCKER_HOST: host } }),
  });
  return exitCode === 0;
}
