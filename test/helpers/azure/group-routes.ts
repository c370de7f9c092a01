import { randomUUID } from 'node:crypto';
import type { Azure } from './azure.ts';
import { type Call, type Reply, refused } from './call.ts';
import { described } from './described.ts';
import type { Group } from './group.ts';
import { sizeRefusal } from './size-refusal.ts';
import type { WantedGroup } from './wanted.ts';

const MiB = 2 ** 20;
/** The service keeps no more of a log. */
const logBytes = 4 * MiB;

/** What the resource manager answers about one group. @param of.below what of the path is below its name */
export async function ofGroup(
  azure: Azure,
  call: Call,
  { name, below }: { readonly name: string; readonly below: readonly string[] },
): Promise<Reply> {
  if (call.method === 'PUT') return put(azure, name, JSON.parse(call.text) as WantedGroup);
  const group = azure.groups.get(name);
  if (call.method === 'DELETE') return remove(azure, group);
  if (group === undefined)
    return refused(
      404,
      'ResourceNotFound',
      `The Resource '${name}' under resource group 'jobs' was not found.`,
    );
  const [kind = '', container = '', what = ''] = below;
  if (kind === '') return { status: 200, body: described(group, idOf(azure, name)) };
  if (kind === 'stop') {
    await group.stop();
    return { status: 204 };
  }
  if (what === 'exec') return exec(azure, group, container, call);
  const { stdout, stderr, exitCode } = await azure.engine.run(['logs', group.container(container)]);
  if (exitCode !== 0) return refused(404, 'ContainerLogNotFound', 'The log is not available yet.');
  return { status: 200, body: { content: `${stdout}${stderr}`.slice(-logBytes) } };
}

/** The ID of a group. */
export function idOf(azure: Azure, name: string): string {
  const path = `/subscriptions/${azure.subscription}/resourceGroups/${azure.resourceGroup}`;
  return `${path}/providers/Microsoft.ContainerInstance/containerGroups/${name}`;
}

function exec(azure: Azure, group: Group, container: string, { text }: Call): Reply {
  const { command } = JSON.parse(text) as { readonly command: string };
  if (group.views.get(container)?.currentState.state !== 'Running')
    return refused(409, 'ContainerNotRunning', `The container '${container}' does not run.`);
  // The whole text is one program: it takes no arguments.
  const { path, password } = azure.terminals.admit(group.container(container), `'${command}'`);
  return { status: 200, body: { webSocketUri: `${azure.origin.replace('https', 'wss')}${path}`, password } };
}

async function put(azure: Azure, name: string, wanted: WantedGroup): Promise<Reply> {
  const known = azure.groups.get(name);
  if (known !== undefined) return { status: 200, body: described(known, idOf(azure, name)) };
  if (wanted.properties.containers.some(({ properties }) => properties.securityContext !== undefined))
    return refused(400, 'InvalidSecurityContext', 'A security context is for the SKU Confidential only.');
  const refusal =
    (await imageRefusal(azure, name, wanted)) ?? sizeRefusal(wanted) ?? quotaRefusal(azure, wanted);
  if (refusal !== null) return refusal;
  const group = azure.make(name, wanted);
  const id = randomUUID();
  azure.operations.set(id, name);
  setTimeout(() => {
    if (azure.groups.get(name) !== group) return;
    if (azure.faults.failure === null) void group.run();
    else group.provisioningState = 'Failed';
  }, azure.faults.startMs).unref();
  const region = `/subscriptions/${azure.subscription}/providers/Microsoft.ContainerInstance/locations/${wanted.location}`;
  const operation = `${azure.origin}${region}/operations/${id}?api-version=2023-05-01`;
  return {
    status: 201,
    headers: { 'Azure-AsyncOperation': operation },
    body: described(group, idOf(azure, name)),
  };
}

async function imageRefusal(azure: Azure, name: string, { properties }: WantedGroup): Promise<Reply | null> {
  for (const { properties: each } of [...(properties.initContainers ?? []), ...properties.containers]) {
    const { exitCode } = await azure.engine.run(['image', 'exists', each.image]);
    if (exitCode === 0) continue;
    const message =
      `The image '${each.image}' in container group '${name}' is not accessible. ` +
      'Please check the image and registry credential.';
    return refused(400, 'InaccessibleImage', message);
  }
  return null;
}

/** The cores of a region are for all groups in it. */
function quotaRefusal(azure: Azure, wanted: WantedGroup): Reply | null {
  const used = [...azure.groups.values()].reduce((sum, group) => sum + coresOf(group.wanted), 0);
  const { cores } = azure.region;
  const requested = coresOf(wanted);
  if (used + requested <= cores) return null;
  const message =
    "Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'StandardCores' " +
    `exceeded in region '${wanted.location}'. Limit: '${cores}', Usage: '${used}' Requested: '${requested}'.`;
  return refused(409, 'ContainerGroupQuotaReached', message);
}

function coresOf({ properties }: WantedGroup): number {
  const asked = properties.containers.map(({ properties: each }) => each.resources?.requests.cpu ?? 0);
  return Math.ceil(asked.reduce((sum, cpu) => sum + cpu, 0));
}

async function remove(azure: Azure, group: Group | undefined): Promise<Reply> {
  if (group === undefined) return { status: 204 };
  const go = async () => {
    await group.remove();
    azure.groups.delete(group.name);
  };
  const { deletionMs } = azure.faults;
  if (deletionMs === 0) await go();
  else setTimeout(() => void go(), deletionMs);
  return { status: deletionMs === 0 ? 200 : 202, body: described(group, idOf(azure, group.name)) };
}
