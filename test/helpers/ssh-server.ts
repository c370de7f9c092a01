import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { atEnd } from './at-end.ts';
import { freePort } from './free-port.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** An ssh server of the test's own on this machine, and a user's ssh that knows it. */
export interface SshServer {
  readonly port: number;
  readonly user: string;
  /** The user's key. */
  readonly key: string;
  /** Its own key, and one that neither it nor its user has. */
  readonly hostKey: string;
  readonly otherKey: string;
  /** The user's configuration: on the command line of every ssh of the test's. */
  readonly configuration: string;
  /** PATH with an `ssh` that reads the files of the test instead of the user's own. */
  readonly path: string;
  /** Writes the user's known hosts: this server's key, or another one. */
  know(which: 'it' | 'another' | 'nobody'): void;
  /** Writes the user's configuration. */
  configure(lines: readonly string[]): void;
}

/** Null after the test was skipped because there is no server. */
export async function startSshServer(t: TestContext): Promise<SshServer | null> {
  if (!requireProgram(t, 'sshd') || !requireProgram(t, 'ssh')) return null;
  const place = temporaryVolume(t);
  const file = (name: string) => join(place, name);
  for (const name of ['host', 'other', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file(name)]);
  const port = await freePort();
  const settings = {
    ListenAddress: '127.0.0.1',
    Port: port,
    HostKey: file('host'),
    AuthorizedKeysFile: file('user.pub'),
    PidFile: 'none',
    PermitRootLogin: 'yes',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    StrictModes: 'no',
    SetEnv: `PATH=${process.env['PATH']}`,
  };
  writeFileSync(file('sshd_config'), linesOf(settings));
  // It separates its privileges there.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  // It starts itself again for each connection, and wants its whole path for it.
  const server = execa('/usr/sbin/sshd', ['-D', '-e', '-f', file('sshd_config')], {
    reject: false,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  atEnd(t, async () => {
    server.kill('SIGTERM');
    await server;
  });
  await until('the ssh server listens', () => listens(port));
  const programs = file('bin');
  mkdirSync(programs);
  // ssh finds its own files by the user's entry in passwd(5), not by HOME.
  writeFileSync(join(programs, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${file('config')} "$@"\n`, {
    mode: 0o755,
  });
  const keys = { it: 'host.pub', another: 'other.pub' } as const;
  const know: SshServer['know'] = (which) => {
    const key = which === 'nobody' ? null : readFileSync(file(keys[which]), 'utf8');
    writeFileSync(file('known_hosts'), key === null ? '' : `[127.0.0.1]:${port} ${key}`);
  };
  const configure: SshServer['configure'] = (lines) => {
    const always = ['Host *', `UserKnownHostsFile ${file('known_hosts')}`, 'GlobalKnownHostsFile none'];
    writeFileSync(file('config'), [...lines, ...always, ''].join('\n'));
  };
  know('it');
  configure([`IdentityFile ${file('user')}`, 'IdentitiesOnly yes']);
  return {
    port,
    user: userInfo().username,
    key: file('user'),
    hostKey: file('host'),
    otherKey: file('other'),
    configuration: file('config'),
    path: `${programs}:${process.env['PATH']}`,
    know,
    configure,
  };
}

function linesOf(settings: object): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
