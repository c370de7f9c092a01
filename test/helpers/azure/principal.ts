import { randomUUID } from 'node:crypto';
import type { AzureLauncher } from './azure-launcher.ts';

/** The variables of a service principal that the stand-in knows. */
export function principalOf({ azure }: Pick<AzureLauncher, 'azure'>) {
  return {
    AZURE_AUTHORITY_HOST: azure.origin,
    AZURE_TENANT_ID: randomUUID(),
    AZURE_CLIENT_ID: randomUUID(),
    AZURE_CLIENT_SECRET: 'of the principal',
  };
}
