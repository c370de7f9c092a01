import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { enableControllers } from './machine.ts';

/** Each with the Debian package that has it. */
const programs = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  catatonit: 'catatonit',
  socat: 'socat',
  openssl: 'openssl',
  ip: 'iproute2',
  unshare: 'util-linux',
  tar: 'tar',
} as const;
const plugin = '/usr/lib/cni/bridge';
/** What the cluster does to its own namespaces, in namespaces of a moment. */
const attempt = 'mount -t tmpfs tmpfs /run && ip link add emissary-try type bridge';
const namespaces = ['--mount', '--pid', '--net', '--fork', '--kill-child', '--mount-proc'];

/** Why no cluster can run on this machine, in words that a skipped test can show; null: one can. */
export async function obstacle(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'only root can start a Kubernetes cluster';
  // user_namespaces(7): 0 0 4294967295 in the first one.
  if (!/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8')))
    return 'a Kubernetes cluster needs the rights of the real root, not those of a user namespace';
  for (const [name, owner] of Object.entries(programs))
    if (!isInstalled(name)) return `${name} is not installed (Debian's package ${owner})`;
  if (!existsSync(plugin)) return `${plugin} is missing (Debian's package containernetworking-plugins)`;
  const tried = await execa('unshare', [...namespaces, 'sh', '-c', attempt], { reject: false });
  if (tried.exitCode !== 0) return `this machine allows no namespaces (${tried.stderr.split('\n')[0]})`;
  if (!mayWrite('/sys/fs/cgroup')) return 'control groups are read-only here';
  try {
    await enableControllers();
  } catch (error) {
    return `control groups cannot limit anything here (${(error as NodeJS.ErrnoException).code})`;
  }
  return null;
}

function isInstalled(name: string): boolean {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  return path.split(':').some((directory) => existsSync(join(directory, name)));
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false; // Mounted read-only, as in most containers.
  }
}
