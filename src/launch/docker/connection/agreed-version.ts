import type Docker from 'dockerode';
import { Fault } from '../../../base/fault.ts';

/** The versions of Docker's API that this client speaks. */
const oldest = [1, 40] as const;
const newest = [1, 52] as const;

interface VersionAnswer {
  readonly MinAPIVersion?: string;
}

/**
 * The newest version of the API that both know, such as `v1.41`.
 *
 * @param name of the engine, for messages
 * @param engine its newest version, and a client that speaks none
 * @throws Fault `engine` if there is none
 */
export async function agreedVersion(
  name: string,
  { apiVersion, docker }: { readonly apiVersion: string; readonly docker: Docker },
): Promise<string> {
  const theirs = numbersOf(apiVersion);
  const agreed = compare(theirs, newest) < 0 ? theirs : newest;
  // Only a newer engine may have dropped what we speak.
  const least = compare(theirs, newest) > 0 ? await leastVersion(docker) : oldest;
  if (compare(agreed, oldest) >= 0 && compare(agreed, least) >= 0) return `v${agreed.join('.')}`;
  const range = least === oldest ? theirs.join('.') : `${least.join('.')} to ${theirs.join('.')}`;
  throw new Fault(
    'engine',
    `${name} speaks the versions ${range} of Docker's API, and this program ` +
      `${oldest.join('.')} to ${newest.join('.')}: upgrade the older one`,
  );
}

async function leastVersion(docker: Docker): Promise<Version> {
  const { MinAPIVersion } = (await docker.version()) as VersionAnswer;
  return numbersOf(MinAPIVersion ?? '1.24');
}

type Version = readonly [number, number];

function numbersOf(text: string): Version {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return [major, minor];
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1];
}
