import { arch } from 'node:process';
import { isRecord } from '../base/is-record.ts';
import { limits } from '../base/limits.ts';
import { imageReference } from './image-reference.ts';
import { Registry, type RegistryAccess, type RegistryDocument, RegistryRefusal } from './registry.ts';
import type { RegistryLogin } from './registry-login.ts';

/** What an image runs by itself: its ENTRYPOINT and its CMD. */
export interface ImageStart {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** How an image is looked up. */
export interface ImageLookup extends Omit<RegistryAccess, 'login'> {
  /** Tried one after the other, the last one without a login. */
  readonly logins: readonly RegistryLogin[];
  /** The kind of processor, as registries name it: `amd64`. */
  readonly architecture: string;
  /** What earlier look-ups found, by digest; null: it is not kept. */
  readonly cache: Map<string, ImageStart> | null;
}

const indexes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const manifests = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** That of this machine. */
export const ownArchitecture = arch === 'x64' ? 'amd64' : arch;

/**
 * What an image runs by itself, as its registry tells it: by digest from the tag down. The manifest is asked for each time,
 * so that nobody learns of an image that they have no login for; what its digest names never changes.
 *
 * @throws Error whose message is a clause; the signal's reason
 */
export async function imageStart(image: string, lookup: ImageLookup): Promise<ImageStart> {
  const refused: RegistryRefusal[] = [];
  for (const login of [...lookup.logins, null]) {
    try {
      return await startFor(image, login, lookup);
    } catch (error) {
      if (lookup.signal.aborted) throw lookup.signal.reason;
      if (!(error instanceof RegistryRefusal)) throw error;
      refused.push(error);
    }
  }
  // What was said of a login tells more than what is said without one.
  throw refused[0];
}

async function startFor(
  image: string,
  login: RegistryLogin | null,
  { cache, architecture, ...access }: ImageLookup,
): Promise<ImageStart> {
  const { host, repository, reference } = imageReference(image);
  const registry = new Registry(host, { ...access, login });
  const manifest = (digest: string) =>
    registry.document(`/v2/${repository}/manifests`, digest, [...manifests, ...indexes]);
  const found = await manifest(reference);
  const own = Array.isArray(found['manifests'])
    ? await manifest(digestFor(found['manifests'], architecture))
    : found;
  const { config } = own;
  const digest = isRecord(config) ? digestOf(config) : null;
  if (digest === null) throw new Error('its manifest has no config');
  const known = cache?.get(digest);
  if (known !== undefined) return known;
  const start = startIn(await registry.document(`/v2/${repository}/blobs`, digest, ['*/*']));
  if (cache !== null) remember(cache, digest, start);
  return start;
}

function digestFor(entries: readonly unknown[], architecture: string): string {
  const found = entries.find((entry) => {
    const platform = isRecord(entry) ? entry['platform'] : null;
    return isRecord(platform) && platform['os'] === 'linux' && platform['architecture'] === architecture;
  });
  const digest = isRecord(found) ? digestOf(found) : null;
  if (digest !== null) return digest;
  throw new Error(`it has no image for linux/${architecture}`);
}

/** The one kind of digest that all registries have: it becomes a part of an address. */
function digestOf({ digest }: Readonly<Record<string, unknown>>): string | null {
  return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : null;
}

/** @throws Error where it is too long */
function startIn({ config }: RegistryDocument): ImageStart {
  const words = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  if (!isRecord(config)) return { entrypoint: [], command: [] };
  const start = { entrypoint: words(config['Entrypoint']), command: words(config['Cmd']) };
  if (JSON.stringify(start).length > limits.registryStartBytes)
    throw new Error(`its command has more than ${limits.registryStartBytes} bytes`);
  return start;
}

function remember(cache: Map<string, ImageStart>, digest: string, start: ImageStart): void {
  if (JSON.stringify(start).length > limits.registryCachedBytes) return;
  const [oldest] = cache.keys();
  if (cache.size >= limits.registryCached && oldest !== undefined) cache.delete(oldest);
  cache.set(digest, start);
}
