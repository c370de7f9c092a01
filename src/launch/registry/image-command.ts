import { arch } from 'node:process';
import { Fault, messageOf } from '../../base/fault.ts';
import { isRecord } from '../../base/is-record.ts';
import { printable } from '../../base/printable.ts';
import { shorten } from '../../base/shorten.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { registryLogin } from '../docker/image/registry-login.ts';
import { imageReference } from './image-reference.ts';
import { Registry, type RegistryDocument } from './registry.ts';

const indexes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const manifests = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** The kind of processor of a cluster's nodes, by the name that registries use: that of this machine. */
const architecture = arch === 'x64' ? 'amd64' : arch;

/**
 * The command that an image runs by itself, its ENTRYPOINT and CMD, as its registry tells it: by digest from the tag down,
 * for Linux on this kind of processor, with the login of Docker's `config.json`.
 *
 * @throws Fault `engine` if the registry does not tell
 */
export async function registryCommand(
  image: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { host, repository, reference } = imageReference(image);
  const login = await registryLogin(image, environment);
  const registry = new Registry(host, { login, environment, signal });
  const manifest = (digest: string) =>
    registry.document(`/v2/${repository}/manifests/${digest}`, [...manifests, ...indexes]);
  try {
    const found = await manifest(reference);
    const own = Array.isArray(found['manifests']) ? await manifest(digestFor(found['manifests'])) : found;
    const { config } = own;
    if (!isRecord(config) || typeof config['digest'] !== 'string')
      throw new Error('its manifest has no config');
    return commandIn(await registry.document(`/v2/${repository}/blobs/${config['digest']}`, ['*/*']));
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const reason = shorten(printable(messageOf(cause)));
    throw new Fault(
      'engine',
      `Cannot look up the command of the image ${image} at ${host}: ${reason}; put the command behind --`,
      { cause },
    );
  }
}

function digestFor(entries: readonly unknown[]): string {
  const found = entries.find((entry) => {
    const platform = isRecord(entry) ? entry['platform'] : null;
    return isRecord(platform) && platform['os'] === 'linux' && platform['architecture'] === architecture;
  });
  if (isRecord(found) && typeof found['digest'] === 'string') return found['digest'];
  throw new Error(`it has no image for linux/${architecture}`);
}

function commandIn({ config }: RegistryDocument): readonly string[] {
  const words = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  return isRecord(config) ? [...words(config['Entrypoint']), ...words(config['Cmd'])] : [];
}
