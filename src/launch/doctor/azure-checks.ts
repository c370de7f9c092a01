import type { Environment } from '../../settings/cli/environment.ts';
import { proxyFor } from '../../settings/proxy.ts';
import type { AzurePlace } from '../../settings/verbs/azure-place.ts';
import { type ContainerGroups, type Right, rights } from '../azure/api/container-groups.ts';
import { reasonOfManager, statusOf } from '../azure/api/manager-error.ts';
import { containerGroups } from '../azure/open-azure.ts';
import { type Check, type Finding, failed, ok, skipped, warning } from './check.ts';
import type { Subject } from './subject.ts';

/** What Azure needs: a place, credentials, its service for container groups, and every right that a launch uses. */
export function azureChecks({ environment }: Subject, place: AzurePlace): readonly Check[] {
  let opened: ContainerGroups | null = null;
  const groups = () => {
    opened ??= containerGroups(place, environment);
    return opened;
  };
  return [
    {
      name: 'place',
      remedy: 'set AZURE_SUBSCRIPTION_ID and AZURE_RESOURCE_GROUP',
      examine() {
        const { subscription, resourceGroup, location } = groups();
        return ok(`subscription ${subscription}, resource group ${resourceGroup}, ${location}`);
      },
    },
    {
      name: 'credentials',
      needs: ['place'],
      remedy:
        'set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, run az login, or give this machine an identity',
      async examine(signal) {
        return ok(await groups().manager.identity(signal));
      },
    },
    ...serviceChecks(groups),
    ...rights.map((right) => rightCheck(groups, right)),
    {
      name: 'exec',
      needs: ['place'],
      remedy: 'check HTTPS_PROXY',
      examine: () => skipped(untriedExec(place, environment)),
    },
  ];
}

/** Only an exec in a group names the host of its WebSocket, and a group costs money. Hosts seen in others' reports. */
function untriedExec({ location }: AzurePlace, environment: Environment): string {
  const hosts = [`${location}.management.azurecontainer.io`, `${location}.atlas.cloudapp.azure.com`];
  const proxy = proxyFor(new URL(`https://${hosts[0]}`), environment);
  const way =
    proxy === null ? 'a firewall must let it' : `the proxy ${proxy.name} of ${proxy.variable} must let it`;
  const where = hosts.map((host) => `*.${host}`).join(' and ');
  return `the WebSocket is not tried: Azure names its host only for a job that runs; ${way} through to ${where}, ports 443 and 19390`;
}

function serviceChecks(groups: () => ContainerGroups): readonly Check[] {
  return [
    {
      name: 'resource group',
      needs: ['credentials'],
      remedy: 'create it: az group create; check the proxy on the way',
      async examine(signal) {
        const place = await unlessForbidden(groups().placeOfGroup(signal));
        return typeof place === 'object' ? place : ok(`${groups().resourceGroup} is there, in ${place}`);
      },
    },
    {
      name: 'provider',
      needs: ['credentials'],
      remedy: 'nothing, if jobs start',
      async examine(signal) {
        const state = await unlessForbidden(groups().registration(signal));
        if (typeof state === 'object') return state;
        if (state === 'Registered') return ok('Microsoft.ContainerInstance is registered');
        const advice = 'run az provider register --namespace Microsoft.ContainerInstance';
        return failed(`Microsoft.ContainerInstance is ${state}`, advice);
      },
    },
    {
      name: 'region',
      needs: ['credentials'],
      remedy: 'choose another one with --location',
      async examine(signal) {
        const most = await unlessForbidden(groups().capability(signal));
        const { location } = groups();
        if (most === null)
          return warning(`${location} does not tell its limits`, 'check the name of the region');
        if ('status' in most) return most;
        return ok(
          `a container group in ${location} may have ${most.cpus} processors and ${most.memoryGb} GB`,
        );
      },
    },
  ];
}

/** Whoever may only act in the resource group cannot look at it, or at the subscription; jobs run all the same. */
async function unlessForbidden<T>(asked: Promise<T>): Promise<T | Finding> {
  try {
    return await asked;
  } catch (error) {
    if (statusOf(error) !== 403) throw error;
    return warning(`cannot be looked at: ${reasonOfManager(error)}`, 'nothing, if jobs start');
  }
}

function rightCheck(groups: () => ContainerGroups, right: Right): Check {
  return {
    name: right.replace('Microsoft.ContainerInstance/', ''),
    needs: ['resource group'],
    remedy: 'check the credentials',
    async examine(signal) {
      const granted = await unlessForbidden(groups().granted(signal));
      if (typeof granted !== 'function') return granted;
      if (granted(right)) return ok('is granted');
      return failed('is not granted', `give it a role in the resource group with the action ${right}`);
    },
  };
}
