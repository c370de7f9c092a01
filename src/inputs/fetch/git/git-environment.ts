import { limits } from '../../../base/limits.ts';
import type { GitAccess } from './git-access.ts';
import type { KeyPaths } from './held-keys.ts';

/** Asked by git, it answers with what only its environment has: arguments can be seen by others. */
const helper =
  '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$EMISSARY_GIT_USER" "$EMISSARY_GIT_PASSWORD"; }; f';

/**
 * The environment of git: without a terminal to ask at, and with credentials for the repository's own server only.
 *
 * @param keys where ssh finds them
 */
export function gitEnvironment(access: GitAccess, keys: KeyPaths): Readonly<Record<string, string>> {
  const { environment, user, password, sshKey } = access;
  const kept = [...environment.all()].filter(([name]) =>
    /^(?:PATH|HOME|LANG|LC_.*|SSL_CERT_.*|GIT_SSL_.*|.*_proxy|NO_PROXY|HTTPS?_PROXY)$/.test(name),
  );
  const authority = environment.get('EMISSARY_STORE_CA_FILE');
  const origin = /^https?:/i.test(access.address) ? new URL(access.address).origin : null;
  const configuration = [
    ['core.hooksPath', '/dev/null'],
    ['http.lowSpeedLimit', String(Math.ceil(limits.fetchMinBytes / (limits.fetchSilenceMs / 1000)))],
    ['http.lowSpeedTime', String(limits.fetchSilenceMs / 1000)],
    ['advice.detachedHead', 'false'],
    ['init.defaultBranch', 'main'],
    ...(authority === null ? [] : [['http.sslCAInfo', authority]]),
    ...(password === null || origin === null ? [] : credentials(origin)),
  ];
  return {
    ...Object.fromEntries(kept),
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(configuration.length),
    ...Object.fromEntries(
      configuration.flatMap(([key = '', value = ''], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    GIT_SSH_COMMAND: sshCommand(keys),
    ...(password !== null && { EMISSARY_GIT_USER: user ?? 'git', EMISSARY_GIT_PASSWORD: password }),
    ...(sshKey !== null && { GIT_SSH_VARIANT: 'ssh' }),
  };
}

/** The first, empty one forgets those of the system. */
function credentials(origin: string): readonly (readonly string[])[] {
  return [
    [`credential.${origin}.helper`, ''],
    [`credential.${origin}.helper`, helper],
  ];
}

function sshCommand({ key, knownHosts }: KeyPaths): string {
  const options = [
    'BatchMode=yes',
    `ConnectTimeout=${limits.fetchSilenceMs / 1000}`,
    ...(key === null ? [] : ['IdentitiesOnly=yes', `IdentityFile=${key}`]),
    ...(knownHosts === null ? [] : ['StrictHostKeyChecking=yes', `UserKnownHostsFile=${knownHosts}`]),
  ];
  return ['ssh', ...options.flatMap((option) => ['-o', option])].join(' ');
}
