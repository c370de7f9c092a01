import {
  ClientCertificateCredential,
  ClientSecretCredential,
  type ClientSecretCredentialOptions,
  ManagedIdentityCredential,
  type TokenCredential,
  UsernamePasswordCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import type { AzurePrincipal } from '../../settings/destinations/azure-principal.ts';

/**
 * What asks for tokens in the name of somebody.
 *
 * @param options the authority, and the way to it; the identity of a machine has neither
 * @throws Error, whose message is the library's, for an ID that cannot be one
 */
export function azureIdentity(
  of: AzurePrincipal,
  options: ClientSecretCredentialOptions = {},
): TokenCredential {
  switch (of.kind) {
    case 'secret':
      return new ClientSecretCredential(of.tenantId, of.clientId, of.secret, options);
    case 'certificate': {
      const file = {
        certificatePath: of.path,
        ...(of.password !== null && { certificatePassword: of.password }),
      };
      return new ClientCertificateCredential(of.tenantId, of.clientId, file, options);
    }
    case 'person':
      return new UsernamePasswordCredential(of.tenantId, of.clientId, of.username, of.password, options);
    case 'workload': {
      const { tenantId, clientId, tokenFile } = of;
      return new WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath: tokenFile });
    }
    case 'machine':
      return of.clientId === null
        ? new ManagedIdentityCredential()
        : new ManagedIdentityCredential({ clientId: of.clientId });
  }
}
