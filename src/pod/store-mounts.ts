import type { KubernetesObject } from './kubernetes-object.ts';
import type { PodJob } from './pod-job.ts';
import type { MountedSecret } from './pod-stores.ts';

/** Which of the containers mounts Secrets of the template: never the job's own. */
type Purpose = 'fetch' | 'put';

/** Where Argo mounts the Secrets of its templates, and where they are looked for by default. */
const directory = '/argo/secret';
/** Whoever the container's user is. */
const readable = 0o444;

/** The names of these volumes begin with that. */
export const storeVolumePrefix = 'emissary-store-';

/** The volumes with the Secrets that the template names: only the keys that it names. */
export function storeVolumes(job: PodJob): readonly KubernetesObject[] {
  return (['fetch', 'put'] as const).flatMap((purpose) =>
    secretsFor(job, purpose).map(({ name, keys, optional }, index) => ({
      name: volumeName(purpose, index),
      secret: {
        secretName: name,
        items: keys.map((key) => ({ key, path: key })),
        defaultMode: readable,
        optional,
      },
    })),
  );
}

/** How the container that fetches, or puts, mounts them. */
export function storeMounts(job: PodJob, purpose: Purpose): readonly KubernetesObject[] {
  return secretsFor(job, purpose).map(({ name }, index) => ({
    name: volumeName(purpose, index),
    mountPath: `${directory}/${name}`,
    readOnly: true,
  }));
}

/** A reporter that only holds the volume puts nothing. */
function secretsFor({ stores, reporter }: PodJob, purpose: Purpose): readonly MountedSecret[] {
  if (purpose === 'fetch') return stores.fetchSecrets;
  return reporter.verb === 'wait' ? stores.putSecrets : [];
}

function volumeName(purpose: Purpose, index: number): string {
  return `${storeVolumePrefix}${purpose}-${index}`;
}
