import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { launcherPrincipal } from '../../settings/destinations/azure-principal.ts';
import type { AzurePlace } from '../../settings/verbs/azure-place.ts';
import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';
import type { Engine, EngineSetup } from '../engine.ts';
import { ContainerGroups } from './api/container-groups.ts';
import { ResourceManager } from './api/resource-manager.ts';
import { AzureEngine } from './azure-engine.ts';

/** Opens a resource group of Azure. It is asked nothing yet. @throws Fault `usage` */
export function openAzure(
  { environment, warn }: EngineSetup,
  { azure, kubernetes, startTimeoutMs }: LaunchSettings,
): Engine {
  const groups = containerGroups(azure, environment);
  // What is wrong with who asks is told before anything of the job is made.
  launcherPrincipal(environment);
  const { emissaryImage } = kubernetes;
  // A group whose launcher was killed may start later.
  const startSeconds = Math.max(limits.launchStartSeconds, startTimeoutMs / 1000);
  return new AzureEngine(
    groups,
    { ...azure, emissaryImage, startSeconds },
    { warn: warn ?? (() => undefined), environment },
  );
}

/** The container groups of a place. @throws Fault `usage` where no subscription or no resource group is known */
export function containerGroups(azure: AzurePlace, environment: Environment): ContainerGroups {
  const { subscription, resourceGroup, location } = azure;
  if (subscription === null)
    throw new Fault(
      'usage',
      'There is no subscription of Azure: set --subscription or AZURE_SUBSCRIPTION_ID',
    );
  if (resourceGroup === null)
    throw new Fault(
      'usage',
      'There is no resource group of Azure: set --resource-group or AZURE_RESOURCE_GROUP',
    );
  return new ContainerGroups(new ResourceManager(environment), { subscription, resourceGroup, location });
}
