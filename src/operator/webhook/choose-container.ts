import {
  type AdmittedPod,
  addedContainers,
  annotationOf,
  injectLabel,
  type PodContainer,
  root,
} from './admitted-pod.ts';

/** What becomes of a pod. */
export type Choice =
  /** It is not ours, or it is wrapped already. */
  | { readonly kind: 'left' }
  /** It cannot be wrapped; a clause. */
  | { readonly kind: 'impossible'; readonly reason: string }
  | { readonly kind: 'wrapped'; readonly container: PodContainer };

/** Volumes that are added. */
const addedVolumes = ['emissary', 'emissary-spool'];

/** Chooses the job's container of a pod: the one that an annotation names, or the first. */
export function chooseContainer(pod: AdmittedPod): Choice {
  const { metadata = {}, spec } = pod;
  const isStatic = metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const label = metadata.labels?.[injectLabel];
  if (label === 'false' || isStatic || isWrapped(pod) || (label !== 'true' && isService(pod)))
    return { kind: 'left' };
  const wanted = annotationOf(pod, 'container');
  const container = spec.containers.find(({ name }) => wanted === null || name === wanted);
  if (container === undefined)
    return { kind: 'impossible', reason: `it has no container ${wanted}, which its annotation names` };
  const reason = obstacle(pod, container);
  return reason === null ? { kind: 'wrapped', container } : { kind: 'impossible', reason };
}

/** Whether a pod is meant to run for ever: a labelled namespace has such pods beside its jobs. */
export function isService({ spec }: Pick<AdmittedPod, 'spec'>): boolean {
  return (spec.restartPolicy ?? 'Always') === 'Always';
}

function isWrapped({ spec }: AdmittedPod): boolean {
  return spec.initContainers?.some(({ name }) => name === addedContainers.reporter) === true;
}

/** Why a pod cannot be wrapped: a clause; null: it can. */
function obstacle({ spec }: AdmittedPod, { volumeMounts = [] }: PodContainer): string | null {
  const { restartPolicy = 'Always', os, nodeSelector, volumes = [], initContainers = [], containers } = spec;
  if (restartPolicy !== 'Never')
    return `its restartPolicy is ${restartPolicy}, and a job starts once: it must be Never`;
  if (os?.name === 'windows' || nodeSelector?.['kubernetes.io/os'] === 'windows') return 'it is for Windows';
  const mount = volumeMounts.find(({ mountPath }) => isWithin(root, mountPath) || isWithin(mountPath, root));
  if (mount !== undefined) return `its container has a volume at ${mount.mountPath} already`;
  const volume = volumes.find(({ name }) => addedVolumes.includes(name));
  if (volume !== undefined) return `it has a volume of the name ${volume.name} already`;
  const other = [...initContainers, ...containers].find(({ name }) => name === addedContainers.install);
  return other === undefined ? null : `it has a container of the name ${other.name} already`;
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory.replace(/\/+$/, '')}/`);
}
