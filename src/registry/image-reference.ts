/** Where an image is, as its registry names it. */
export interface ImageReference {
  /** Host, and port if it has one. */
  readonly host: string;
  readonly repository: string;
  /** A tag, or a digest. */
  readonly reference: string;
}

/** The same as Docker reads it: without a host it is on Docker Hub, without a tag it is `latest`. */
export function imageReference(image: string): ImageReference {
  const [beforeDigest = '', digest] = image.split('@');
  const [, untagged = beforeDigest, tag = 'latest'] = /^(.*?)(?::([^/:]+))?$/s.exec(beforeDigest) ?? [];
  const reference = digest ?? tag;
  const [first = '', ...rest] = untagged.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (isHost && first !== 'docker.io') return { host: first, repository: rest.join('/'), reference };
  const path = isHost ? rest : [first, ...rest];
  const repository = path.length === 1 ? `library/${path[0]}` : path.join('/');
  return { host: hub, repository, reference };
}

/** Where Docker Hub answers. */
const hub = 'registry-1.docker.io';
