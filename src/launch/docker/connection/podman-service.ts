import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { Fault } from '../../../base/fault.ts';
import { limits } from '../../../base/limits.ts';
import { printable } from '../../../base/printable.ts';
import { readRegular } from '../../../base/read-regular.ts';
import { shorten } from '../../../base/shorten.ts';
import { pauseFor } from '../../../base/timer.ts';
import { type ConnectSetup, connect } from './connect.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * Starts podman's API where no unit of systemd has: `podman system service` on a socket of the state directory. It
 * ends by itself when it has been idle for a while; containers do not depend on it.
 *
 * @throws Fault `engine`
 */
export async function podmanService(state: string, setup: ConnectSetup): Promise<Endpoint> {
  const path = join(state, 'podman.sock');
  const endpoint: Endpoint = { kind: 'unix', path };
  if (await answers(endpoint, setup)) return endpoint;
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const messages = join(state, 'podman.log');
  // A file, not a pipe: the service outlives this process.
  const log = createWriteStream(messages, { mode: 0o600 });
  await once(log, 'open');
  const service = execa(
    'podman',
    ['system', 'service', '--time', String(limits.podmanIdleSeconds), `unix://${path}`],
    {
      env: Object.fromEntries(setup.environment.all()),
      extendEnv: false,
      // Ours may have been removed.
      cwd: '/',
      detached: true,
      cleanup: false,
      reject: false,
      stdio: ['ignore', 'ignore', log],
    },
  );
  log.destroy();
  let ended: string | null = null;
  void service.then(({ shortMessage, exitCode }) => {
    ended = shortMessage ?? `exit status ${exitCode}`;
  });
  service.unref();
  for (const end = performance.now() + limits.podmanStartMs; performance.now() < end; ) {
    if (await answers(endpoint, setup)) return endpoint;
    setup.signal.throwIfAborted();
    if (ended !== null)
      throw new Fault('engine', `Cannot start podman's service: ${lastLine(messages) ?? ended}`);
    await pauseFor(limits.podmanLookMs);
  }
  throw new Fault('engine', `podman's service does not answer at ${path}`);
}

/** Podman's own reason; null if it gave none. */
function lastLine(file: string): string | null {
  const lines = readRegular(file, limits.variablesFileBytes).toString().trim().split('\n');
  const last = lines.at(-1) ?? '';
  return last === '' ? null : shorten(printable(last));
}

async function answers(endpoint: Endpoint, setup: ConnectSetup): Promise<boolean> {
  return connect('podman', endpoint, setup).then(
    () => true,
    () => false,
  );
}
