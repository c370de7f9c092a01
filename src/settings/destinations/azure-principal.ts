import { Fault } from '../../base/fault.ts';
import type { Environment } from '../cli/environment.ts';
import { secret } from './secret.ts';

interface Named {
  readonly tenantId: string;
  readonly clientId: string;
}

/** Who asks Azure, as the variables of its own libraries name it. */
export type AzurePrincipal =
  | (Named & { readonly kind: 'secret'; readonly secret: string })
  /** A file with a certificate and its key (PEM or PFX); the password is that of the file, `null`: it has none. */
  | (Named & { readonly kind: 'certificate'; readonly path: string; readonly password: string | null })
  | (Named & { readonly kind: 'person'; readonly username: string; readonly password: string })
  | (Named & { readonly kind: 'workload'; readonly tokenFile: string })
  /** The identity of the machine; the ID chooses one of several. */
  | { readonly kind: 'machine'; readonly clientId: string | null };

/** What proves who somebody is, without whom it is of no use. */
type Proof =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'certificate'; readonly path: string; readonly password: string | null }
  | { readonly kind: 'workload'; readonly tokenFile: string };

const tenantVariable = 'AZURE_TENANT_ID';
const clientVariable = 'AZURE_CLIENT_ID';
const proofVariables = {
  secret: 'AZURE_CLIENT_SECRET',
  certificate: 'AZURE_CLIENT_CERTIFICATE_PATH',
  workload: 'AZURE_FEDERATED_TOKEN_FILE',
} as const;

/**
 * In the order of Azure's own libraries: a secret, a certificate, a person's password, a federated token, the machine.
 *
 * @throws Fault `usage` for a secret, a certificate or a token of nobody, and a secret's file that cannot be read
 */
export function azurePrincipal(environment: Environment): AzurePrincipal {
  const tenantId = environment.get(tenantVariable);
  const clientId = environment.get(clientVariable);
  const proof = proofIn(environment);
  if (tenantId !== null && clientId !== null) {
    const [username, password] = [environment.get('AZURE_USERNAME'), environment.get('AZURE_PASSWORD')];
    if ((proof === null || proof.kind === 'workload') && username !== null && password !== null)
      return { kind: 'person', tenantId, clientId, username, password };
    if (proof !== null) return { ...proof, tenantId, clientId };
  }
  if (proof === null) return { kind: 'machine', clientId };
  const missing = [tenantId === null ? tenantVariable : [], clientId === null ? clientVariable : []].flat();
  throw incomplete(`${proofVariables[proof.kind]} is set, and ${missing.join(' and ')} ${verb(missing)} not`);
}

/**
 * The same for a launcher, where the login of `az` would answer for one that is incomplete. A platform that names its own
 * identity may name its tenant, too.
 *
 * @throws Fault `usage`
 */
export function launcherPrincipal(environment: Environment): AzurePrincipal {
  const principal = azurePrincipal(environment);
  const isNamed = [tenantVariable, clientVariable].every((name) => environment.get(name) !== null);
  if (principal.kind !== 'machine' || !isNamed || hasOwnIdentity(environment)) return principal;
  throw incomplete(`${tenantVariable} and ${clientVariable} are set, and ${missingProof(environment)}`);
}

/** Whether the platform (an app service) names its identity. */
export function hasOwnIdentity(environment: Environment): boolean {
  return environment.get('IDENTITY_ENDPOINT', 'MSI_ENDPOINT') !== null;
}

function proofIn(environment: Environment): Proof | null {
  const own = secret(environment, proofVariables.secret);
  if (own !== null && own !== '') return { kind: 'secret', secret: own };
  const path = environment.get(proofVariables.certificate);
  const password = environment.get('AZURE_CLIENT_CERTIFICATE_PASSWORD');
  if (path !== null) return { kind: 'certificate', path, password };
  const tokenFile = environment.get(proofVariables.workload);
  return tokenFile === null ? null : { kind: 'workload', tokenFile };
}

function missingProof(environment: Environment): string {
  if (environment.get('AZURE_USERNAME') !== null) return 'AZURE_PASSWORD is not';
  if (environment.get('AZURE_PASSWORD') !== null) return 'AZURE_USERNAME is not';
  if (environment.get('AZURE_CLIENT_CERTIFICATE_PASSWORD') !== null)
    return `${proofVariables.certificate} is not`;
  const { secret: own, certificate, workload } = proofVariables;
  return `${own} is not (nor ${certificate} or ${workload})`;
}

function incomplete(what: string): Fault {
  return new Fault('usage', `The service principal of Azure is incomplete: ${what}`);
}

function verb({ length }: readonly string[]): string {
  return length === 1 ? 'is' : 'are';
}
