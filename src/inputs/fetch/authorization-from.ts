import type { Environment } from '../../settings/cli/environment.ts';
import { secret } from '../../settings/destinations/secret.ts';
import type { SecretKey } from '../../settings/template/remote-object.ts';
import { withSecrets } from '../../settings/with-secrets.ts';
import { basicAuthorization } from '../../stores/http/http-get.ts';

/** The header for the user and the password that a template names; null: it names none, or what it names is optional and missing. @throws Fault `usage` */
export function authorizationFrom(
  secrets: Readonly<Record<string, SecretKey>>,
  environment: Environment,
): Readonly<Record<string, string>> | null {
  if (Object.keys(secrets).length === 0) return null;
  const all = withSecrets(environment, secrets);
  const [user, password] = [secret(all, 'EMISSARY_HTTP_USER'), secret(all, 'EMISSARY_HTTP_PASSWORD')];
  if (user === null && password === null) return null;
  return { authorization: basicAuthorization(user ?? '', password ?? '') };
}
