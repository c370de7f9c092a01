import type { Azure } from './azure.ts';
import { type Call, type Reply, refused } from './call.ts';
import { listed } from './described.ts';
import { idOf, ofGroup } from './group-routes.ts';

const login = /^\/([^/]+)\/(?:oauth2\/v2\.0\/token|v2\.0\/\.well-known\/openid-configuration)$/;

/** What Entra ID and the resource manager answer. */
export async function answerTo(azure: Azure, call: Call): Promise<Reply> {
  const { url, headers } = call;
  const tenant = login.exec(url.pathname)?.[1];
  if (tenant !== undefined) return loginAnswer(azure, tenant, call);
  if (headers.authorization !== `Bearer ${azure.token}`)
    return refused(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
  const about = aboutPlace(azure, url);
  if (about !== null) return about;
  if (url.searchParams.get('api-version') !== '2023-05-01')
    return refused(400, 'InvalidApiVersionParameter', 'The api-version is invalid.');
  if (!url.pathname.startsWith(`/subscriptions/${azure.subscription}`))
    return refused(404, 'SubscriptionNotFound', 'The subscription could not be found.');
  const [, , , kind = '', ...rest] = url.pathname.split('/');
  if (kind === 'providers') return ofRegion(azure, rest);
  const [resourceGroup = '', , , , name = '', ...below] = rest;
  if (resourceGroup !== azure.resourceGroup)
    return refused(404, 'ResourceGroupNotFound', `Resource group '${resourceGroup}' could not be found.`);
  if (name !== '') return ofGroup(azure, call, { name, below });
  const value = [...azure.groups.values()].map((each) => listed(each, idOf(azure, each.name)));
  return { status: 200, body: { value } };
}

/** What other services of the resource manager answer. */
function aboutPlace(azure: Azure, { pathname }: URL): Reply | null {
  const subscription = `/subscriptions/${azure.subscription}`;
  const group = `${subscription}/resourceGroups/${azure.resourceGroup}`;
  switch (pathname) {
    case group:
      return { status: 200, body: { name: azure.resourceGroup, location: 'northeurope' } };
    case `${group}/providers/Microsoft.Authorization/permissions`:
      return { status: 200, body: { value: [{ actions: azure.actions, notActions: [] }] } };
    case `${subscription}/providers/Microsoft.ContainerInstance`:
      return { status: 200, body: { registrationState: 'Registered' } };
    default:
      return null;
  }
}

/** What Entra ID answers to a service principal. */
function loginAnswer(azure: Azure, tenant: string, { method }: Call): Reply {
  const base = `${azure.origin}/${tenant}`;
  const configuration = {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
  };
  if (method === 'GET') return { status: 200, body: configuration };
  return { status: 200, body: { token_type: 'Bearer', expires_in: 3600, access_token: azure.token } };
}

function ofRegion(azure: Azure, [, , region = '', kind = '', id = '']: readonly string[]): Reply {
  const { maxCpu, maxMemoryInGB } = azure.region;
  if (kind === 'operations') return operationOf(azure, id);
  if (kind !== 'capabilities') return refused(404, 'NotFound', 'There is no such thing.');
  const value = ['Windows', 'Linux'].map((osType) => ({
    resourceType: 'containerGroups',
    osType,
    location: region,
    ipAddressType: 'Public',
    gpu: 'None',
    capabilities: { maxCpu: osType === 'Linux' ? maxCpu : 64, maxMemoryInGB, maxGpuCount: 0 },
  }));
  return { status: 200, body: { value } };
}

function operationOf(azure: Azure, id: string): Reply {
  const group = azure.groups.get(azure.operations.get(id) ?? '');
  const state = group?.provisioningState ?? 'Canceled';
  const status = /^(Pending|Creating)$/.test(state) ? 'Pending' : state;
  const { failure } = azure.faults;
  const error = status === 'Failed' && failure !== null ? { error: failure } : {};
  return { status: 200, body: { id, status, ...error } };
}
