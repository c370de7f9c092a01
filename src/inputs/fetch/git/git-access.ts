import { unescape as percentDecoded } from 'node:querystring';
import type { Environment } from '../../../settings/cli/environment.ts';
import { secret } from '../../../settings/destinations/secret.ts';
import type { GitSource } from '../../../settings/template/template.ts';
import { withSecrets } from '../../../settings/with-secrets.ts';

/** How a repository is reached. */
export interface GitAccess {
  /** Without a password: git writes it into the checkout, and gets it as an argument. */
  readonly address: string;
  readonly user: string | null;
  readonly password: string | null;
  /** The text of a private key. */
  readonly sshKey: string | null;
  /** The text of a file of known hosts. */
  readonly knownHosts: string | null;
  /** Proxies, and an authority of one's own. */
  readonly environment: Environment;
}

/** Why nothing is checked out where a clone succeeds: of an empty repository, and of a server that names no branches. */
export const noCommit = 'git: its repository has no commit';

const options = /^-/;

/** @throws Error whose message is the reason; Fault `usage` */
export function gitAccess(source: GitSource, environment: Environment): GitAccess {
  const all = withSecrets(environment, source.secrets);
  const { repository, revision } = source;
  // Git would take it for an option.
  if (options.test(repository)) throw new Error('the address of its repository begins with "-"');
  if (revision !== null && options.test(revision)) throw new Error('its revision begins with "-"');
  const access = {
    user: secret(all, 'EMISSARY_GIT_USER'),
    password: secret(all, 'EMISSARY_GIT_PASSWORD'),
    sshKey: secret(all, 'EMISSARY_GIT_SSH_KEY'),
    knownHosts: secret(all, 'EMISSARY_GIT_KNOWN_HOSTS'),
    environment: all,
  };
  if (!/^https?:\/\//i.test(repository)) return { ...access, address: repository };
  const url = new URL(repository);
  const user = url.username === '' ? access.user : percentDecoded(url.username);
  const password = url.password === '' ? access.password : percentDecoded(url.password);
  url.username = '';
  url.password = '';
  return { ...access, address: url.href, user, password };
}
