import { relative, resolve } from 'node:path';
import { containerNames } from '../../pod/containers.ts';
import { storeVolumePrefix } from '../../pod/store-mounts.ts';
import { jobLabel } from '../job-resource.ts';
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

/** Containers, */
const added: readonly string[] = Object.values(addedContainers);
/** and volumes that are added. */
const addedVolumes = ['emissary', 'emissary-spool'];

/** Chooses the job's container of a pod: the one that an annotation names, or the first. */
export function chooseContainer(pod: AdmittedPod): Choice {
  const { metadata = {}, spec } = pod;
  const isStatic = metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const label = metadata.labels?.[injectLabel];
  const isLeft = label === 'false' || isStatic || isWrapped(pod) || isOwn(pod);
  if (isLeft || (label !== 'true' && isService(pod))) return { kind: 'left' };
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

function isWrapped(pod: AdmittedPod): boolean {
  const hasReporter = pod.spec.initContainers?.some(({ name }) => name === addedContainers.reporter);
  return hasReporter === true && annotationOf(pod, 'injected') === 'true';
}

/** Whether a pod has the wrapper from whoever made it: an operator, or `launch`. */
export function isOwn({ metadata, spec }: Pick<AdmittedPod, 'metadata' | 'spec'>): boolean {
  const { volumes = [], initContainers = [], containers } = spec;
  const hasVolume = volumes.some(({ name }) => name === 'emissary');
  const hasReporter = [...initContainers, ...containers].some(({ name }) => name === containerNames.reporter);
  return metadata?.labels?.[jobLabel] !== undefined || (hasVolume && hasReporter);
}

/** Why a pod cannot be wrapped: a clause; null: it can. */
function obstacle({ spec }: AdmittedPod, { volumeMounts = [] }: PodContainer): string | null {
  const { restartPolicy = 'Always', os, nodeSelector, volumes = [], initContainers = [], containers } = spec;
  if (restartPolicy !== 'Never')
    return `its restartPolicy is ${restartPolicy}, and a job starts once: it must be Never`;
  if (os?.name === 'windows' || nodeSelector?.['kubernetes.io/os'] === 'windows') return 'it is for Windows';
  const mount = volumeMounts.find(({ mountPath }) => isWithin(root, mountPath) || isWithin(mountPath, root));
  if (mount !== undefined) return `its container has a volume at ${mount.mountPath} already`;
  const volume = volumes.find(
    ({ name }) => addedVolumes.includes(name) || name.startsWith(storeVolumePrefix),
  );
  if (volume !== undefined) return `it has a volume of the name ${volume.name} already`;
  const other = [...initContainers, ...containers].find(({ name }) => added.includes(name));
  return other === undefined ? null : `it has a container of the name ${other.name} already`;
}

/** However both are written: `/var/run/../run/argo/` is the volume's place, too. */
function isWithin(path: string, directory: string): boolean {
  const way = relative(resolve('/', directory), resolve('/', path));
  return way !== '..' && !way.startsWith('../');
}
