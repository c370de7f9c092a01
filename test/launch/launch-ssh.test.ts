import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import type { Finished } from '../helpers/emissary.ts';
import type { Engine } from '../helpers/engine.ts';
import { socketOf } from '../helpers/engine-front.ts';
import { freePort } from '../helpers/free-port.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Launcher } from '../helpers/launcher-parts.ts';
import { assertReached, hostVariables } from '../helpers/remote-engine.ts';
import { type SshServer, startSshServer } from '../helpers/ssh-server.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

interface Refusal {
  readonly what: string;
  /** Makes it so, and returns another port or socket. */
  prepare(ssh: SshServer): { readonly port?: Promise<number>; readonly socket?: string } | undefined;
  readonly said: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    what: 'an unknown host key',
    prepare: (ssh) => void ssh.know('nobody'),
    said: /Host key verification failed/,
  },
  {
    what: 'a changed host key',
    prepare: (ssh) => void ssh.know('another'),
    said: /Host key verification failed/,
  },
  {
    what: 'a refused connection',
    prepare: () => ({ port: freePort() }),
    said: /Connection refused/,
  },
  {
    what: 'a key that is not let in',
    prepare: (ssh) => void ssh.configure(['IdentityFile none', 'IdentityAgent none']),
    said: /Permission denied/,
  },
  {
    what: 'an engine that is not there',
    prepare: () => ({ socket: '/nowhere/engine.sock' }),
    said: /nowhere\/engine\.sock/,
  },
];

for (const name of ['docker', 'podman'] as const) {
  test(`${name} over ssh: user, port, path and known hosts count, and no ssh stays`, async (t) => {
    const far = await farEngine(t, name);
    if (far === null) return;
    const { ssh, socket } = far;
    assertReached(await far.launch(`${ssh.user}@127.0.0.1:${ssh.port}${socket}`));
    await far.over();
  });

  test(`${name} over ssh: the user’s configuration counts`, async (t) => {
    const far = await farEngine(t, name);
    if (far === null) return;
    const { ssh, socket } = far;
    const place = ['HostName 127.0.0.1', `Port ${ssh.port}`, `User ${ssh.user}`];
    ssh.configure(['Host engine-machine', ...place, `IdentityFile ${ssh.key}`]);
    assertReached(await far.launch(`engine-machine${socket}`));
  });

  test(`${name} over ssh: the user’s agent counts`, async (t) => {
    const far = await farEngine(t, name);
    if (far === null) return;
    const { ssh, socket } = far;
    ssh.configure(['IdentityFile none']);
    const agent = sshAgent(t, ssh.key);
    assertReached(await far.launch(`${ssh.user}@127.0.0.1:${ssh.port}${socket}`, agent));
  });

  for (const { what, prepare, said } of refusals)
    test(`${name} over ssh: ${what} is one sentence and 64`, async (t) => {
      const far = await farEngine(t, name);
      if (far === null) return;
      const { ssh, launcher } = far;
      const { port, socket = far.socket } = prepare(ssh) ?? {};
      const { status, stdout, stderr } = await far.launch(
        `${ssh.user}@127.0.0.1:${(await port) ?? ssh.port}${socket}`,
      );
      assert.deepEqual([status, stdout.toString()], [64, ''], stderr);
      const start = `^emissary: Cannot reach ${name} at ssh://127\\.0\\.0\\.1: ssh: [^\\n]*\\n$`;
      assert.match(stderr, new RegExp(start));
      assert.match(stderr, said);
      assert.deepEqual(launcher.left(), []);
      await far.over();
    });
}

interface FarEngine {
  readonly launcher: Launcher;
  readonly ssh: SshServer;
  readonly socket: string;
  /** Launches `exit 7` at `ssh://…`. */
  launch(where: string, env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** Resolves when no ssh of the test's runs. */
  over(): Promise<void>;
}

/** An engine of this machine that is reached over ssh; null: skipped. */
async function farEngine(t: TestContext, name: Engine['name']): Promise<FarEngine | null> {
  const launcher = await launcherOf(t, name);
  const ssh = await startSshServer(t);
  if (launcher === null || launcher.engine === null || ssh === null) return null;
  return {
    launcher,
    ssh,
    socket: await socketOf(t, launcher.engine),
    launch: (where, env = {}) =>
      launcher.script('exit 7', {
        env: { ...env, PATH: ssh.path, [hostVariables[name]]: `ssh://${where}` },
      }),
    over: async () => {
      await until('no ssh runs', () => !commandLines().some((line) => line.includes(ssh.configuration)));
    },
  };
}

/** Starts an agent that has the key. */
function sshAgent(t: TestContext, key: string): Readonly<Record<string, string>> {
  const socket = join(temporaryVolume(t), 'agent');
  const said = execFileSync('ssh-agent', ['-a', socket, '-s']).toString();
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]);
  atEnd(t, () => process.kill(pid));
  const env = { SSH_AUTH_SOCK: socket };
  execFileSync('ssh-add', ['-q', key], { env: { ...process.env, ...env } });
  return env;
}

function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((each) => /^\d+$/.test(each))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      } catch {
        return ''; // It has ended.
      }
    });
}
