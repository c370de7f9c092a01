import { ManagedIdentityCredential, type TokenCredential, WorkloadIdentityCredential } from '@azure/identity';
import type { Environment } from '../../settings/cli/environment.ts';

/** The identity of the pod (workload identity), else that of the machine. */
export function azureIdentity(environment: Environment): TokenCredential {
  const [clientId, tenantId, tokenFilePath] = ['CLIENT_ID', 'TENANT_ID', 'FEDERATED_TOKEN_FILE'].map((name) =>
    environment.get(`AZURE_${name}`),
  );
  if (clientId != null && tenantId != null && tokenFilePath != null) {
    const authorityHost = environment.get('AZURE_AUTHORITY_HOST');
    const host = authorityHost === null ? {} : { authorityHost };
    return new WorkloadIdentityCredential({ clientId, tenantId, tokenFilePath, ...host });
  }
  return clientId == null ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
}
