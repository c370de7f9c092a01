import { execa } from 'execa';
import { Fault } from '../../../base/fault.ts';
import { limits } from '../../../base/limits.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import { dockerConfiguration, dockerDirectory } from '../connection/endpoint.ts';

/** What a pull sends to the engine, for one registry. */
export type RegistryLogin =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string };

/** The key of the default registry in `config.json`. */
const dockerHub = new URL('/v1/', 'https://index.docker.io').href;

/**
 * The login for an image's registry, from Docker's `config.json`: its own entries, or a credential helper, which is
 * asked for this registry alone. Null if there is none: the image may be public.
 *
 * @throws Fault `engine` if a helper fails
 */
export async function registryLogin(image: string, environment: Environment): Promise<RegistryLogin | null> {
  const registry = registryOf(image);
  const found = dockerConfiguration(dockerDirectory(environment));
  const helper = textIn(found['credHelpers'], registry) ?? textOf(found['credsStore']);
  if (helper !== null) return askHelper(helper, registry, environment);
  const auths = found['auths'];
  if (typeof auths !== 'object' || auths === null) return null;
  const entry = Object.entries(auths).find(([name]) => isSame(name, registry))?.[1] as
    | { readonly auth?: string; readonly identitytoken?: string }
    | undefined;
  if (entry?.identitytoken) return { identitytoken: entry.identitytoken, serveraddress: registry };
  const [, username, password] = /^([^:]*):(.*)$/s.exec(decoded(entry?.auth)) ?? [];
  return username === undefined || password === undefined
    ? null
    : { username, password, serveraddress: registry };
}

function registryOf(image: string): string {
  const [first = ''] = image.split('/');
  const isHost = image.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return isHost && first !== 'docker.io' ? first : dockerHub;
}

function isSame(name: string, registry: string): boolean {
  const host = (text: string) => text.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return name === registry || host(name) === host(registry);
}

/** Its protocol: the registry on standard input, JSON on standard output. */
async function askHelper(
  helper: string,
  registry: string,
  environment: Environment,
): Promise<RegistryLogin | null> {
  if (!/^[\w.-]+$/.test(helper)) throw new Fault('engine', 'config.json names an invalid credential helper');
  const program = `docker-credential-${helper}`;
  const ended = await execa(program, ['get'], {
    input: registry,
    env: Object.fromEntries(environment.all()),
    extendEnv: false,
    // Ours may have been removed.
    cwd: '/',
    reject: false,
    timeout: limits.credentialHelperMs,
  });
  if (ended.exitCode !== 0) {
    if (/credentials not found/i.test(`${ended.stdout}${ended.stderr}`)) return null;
    throw new Fault('engine', `The credential helper ${program} failed for ${registry}: ${reason(ended)}`);
  }
  try {
    const { Username, Secret } = JSON.parse(ended.stdout) as { Username?: string; Secret?: string };
    if (Username === undefined || Secret === undefined) return null;
    return Username === '<token>'
      ? { identitytoken: Secret, serveraddress: registry }
      : { username: Username, password: Secret, serveraddress: registry };
  } catch {
    throw new Fault('engine', `The credential helper ${program} did not answer with JSON for ${registry}`);
  }
}

function reason(ended: {
  readonly shortMessage?: string | undefined;
  readonly stdout: string;
  readonly exitCode?: number | undefined;
}): string {
  const said = ended.stdout.trim().split('\n').at(-1) ?? '';
  return said !== '' ? said : (ended.shortMessage ?? `exit status ${ended.exitCode}`);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function textIn(value: unknown, key: string): string | null {
  return typeof value === 'object' && value !== null ? textOf((value as Record<string, unknown>)[key]) : null;
}

function decoded(auth: string | undefined): string {
  return Buffer.from(auth ?? '', 'base64').toString();
}
