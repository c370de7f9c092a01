/** Where an image is, as its registry names it. */
export interface ImageReference {
  /** Host, and port if it has one. */
  readonly host: string;
  readonly repository: string;
  /** A tag, or a digest. */
  readonly reference: string;
}

// The grammar of names (https://pkg.go.dev/github.com/distribution/reference): whatever else a URL could take for a host or a
// path would lead to another server than the one that the login is for.
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const hostShape = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?$`);
const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const repositoryShape = new RegExp(`^${part}(?:/${part})*$`);
const referenceShape =
  /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,})$/;

/**
 * The same as Docker reads it: without a host it is on Docker Hub, without a tag it is `latest`.
 *
 * @throws Error whose message is a clause
 */
export function imageReference(image: string): ImageReference {
  const found = referenceOf(image);
  const { host, repository, reference } = found;
  if (hostShape.test(host) && repositoryShape.test(repository) && referenceShape.test(reference))
    return found;
  throw new Error('it is not the name of an image');
}

function referenceOf(image: string): ImageReference {
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
