import { containerNames } from '../../pod/containers.ts';
import { roles } from '../../pod/pod-contents.ts';
import { secretName } from '../../pod/pod-of.ts';

/** The containers of a launched job's pod. */
export const containers = containerNames;

/** The program in the reporter's image. That on the volume can be the job's, and the reporter has credentials. */
export const reporterProgram = '/emissary';

/** The Secrets that a launched job may have. The pod waits for them: the job starts when the last one is made. */
export function secretNames(pod: string): readonly string[] {
  return roles.map((role) => secretName(pod, role));
}
