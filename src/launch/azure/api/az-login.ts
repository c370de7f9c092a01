import type { AccessToken, TokenCredential } from '@azure/identity';
import { execa } from 'execa';
import { isRecord } from '../../../base/is-record.ts';
import { limits } from '../../../base/limits.ts';
import type { Environment } from '../../../settings/cli/environment.ts';

/**
 * The login of a person by `az login`. The library's own way would look for `az` in the environment of this process, whose
 * variables are hidden from libraries (decision 71).
 */
export class AzLogin implements TokenCredential {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** @throws Error whose message is a clause */
  async getToken(scopes: string | string[]): Promise<AccessToken> {
    const resource = String(scopes).replace(/\/\.default$/, '');
    const tenant = this.#environment.get('AZURE_TENANT_ID');
    const more = tenant === null ? [] : ['--tenant', tenant];
    const args = ['account', 'get-access-token', '--output', 'json', '--resource', resource, ...more];
    const ended = await execa('az', args, {
      env: Object.fromEntries(this.#environment.all()),
      extendEnv: false,
      // Ours may have been removed.
      cwd: '/',
      stdin: 'ignore',
      reject: false,
      timeout: limits.credentialHelperMs,
    });
    if (ended.code === 'ENOENT') throw new Error('the program az is not installed');
    if (ended.timedOut) throw new Error('az timed out');
    if (ended.exitCode !== 0) throw new Error(ended.stderr.trim().split('\n').at(-1) || 'az failed');
    return tokenIn(ended.stdout);
  }
}

/** `expires_on` is in seconds; old versions have only a local time. */
function tokenIn(text: string): AccessToken {
  const found = parsed(text);
  if (!isRecord(found) || typeof found['accessToken'] !== 'string') throw new Error('az printed no token');
  const seconds = Number(found['expires_on'] ?? Number.NaN);
  const expiresOnTimestamp = Number.isFinite(seconds)
    ? seconds * 1000
    : Date.parse(String(found['expiresOn']).replace(' ', 'T'));
  return { token: found['accessToken'], expiresOnTimestamp };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // It may have printed a question, or a warning.
    return null;
  }
}
