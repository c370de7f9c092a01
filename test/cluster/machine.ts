import { existsSync, globSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { until } from '../helpers/until.ts';
import { addresses, machineNames } from './places.ts';

const { bridge, group } = machineNames;
/** Locally administered. */
const bridgeAddress = '02:00:c6:12:00:01';
const groups = '/sys/fs/cgroup';
/** Without one of them, a kubelet does not start. */
const controllers = ['cpu', 'cpuset', 'memory', 'pids', 'io'];
/** Nothing for a pod or a service leaves this machine. */
const closed = [addresses.pods.replace('.0/24', '.0/16'), addresses.services];

/** Gives the machine what a node needs of it: a bridge with two addresses, and a control group for all pods. */
export async function prepareMachine(): Promise<void> {
  await enableControllers();
  await Promise.all(hierarchies().map(addGroup));
  // Without an address of its own, a bridge has the lowest one of its ports: each pod that starts or ends may change it, and
  // those that know the old one cannot be reached, nor reach anything, for half a minute.
  await execa('ip', ['link', 'add', bridge, 'address', bridgeAddress, 'type', 'bridge']);
  await execa('ip', ['addr', 'add', `${addresses.node}/24`, 'dev', bridge]);
  await execa('ip', ['addr', 'add', `${addresses.api}/32`, 'dev', bridge]);
  await execa('ip', ['link', 'set', bridge, 'up']);
  for (const range of closed) await execa('ip', ['route', 'add', 'blackhole', range]);
}

/** Takes all of that away again, whatever is there of it. */
export async function restoreMachine(): Promise<void> {
  const options = { reject: false } as const;
  await execa('ip', ['link', 'del', bridge], options);
  for (const range of closed) await execa('ip', ['route', 'del', 'blackhole', range], options);
  // A group is busy for a moment after the end of its processes.
  await until('the control groups are gone', async () => {
    for (const path of hierarchies().map((hierarchy) => join(hierarchy, group))) await removeGroup(path);
    return hierarchies().every((hierarchy) => !existsSync(join(hierarchy, group)));
  });
}

/** Of version 2: one; of version 1, and of both at a time: a directory for each. */
function hierarchies(): readonly string[] {
  if (existsSync(join(groups, 'cgroup.procs'))) return [groups];
  return globSync(`${groups}/*/cgroup.procs`).map((file) => join(file, '..'));
}

/**
 * Lets groups of version 2 limit what a node needs limited; version 1 always does.
 * @throws Error if the machine does not allow it: EBUSY in a container whose processes are in the first group
 */
export async function enableControllers(): Promise<void> {
  if (!hierarchies().includes(groups)) return;
  const wanted = controllers.map((name) => `+${name}`).join(' ');
  await writeFile(join(groups, 'cgroup.subtree_control'), wanted);
}

async function addGroup(hierarchy: string): Promise<void> {
  const path = join(hierarchy, group);
  await mkdir(path, { recursive: true });
  // Version 1 gives a new group no processor and no memory.
  if (hierarchy === groups) return;
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const above = join(hierarchy, name);
    if (existsSync(above)) await writeFile(join(path, name), await readFile(above));
  }
}

/** Deepest first: only an empty group can be removed. */
async function removeGroup(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const entry of entries) await removeGroup(join(path, entry.name));
  await rmdir(path);
}
