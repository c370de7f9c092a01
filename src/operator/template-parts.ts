import { Fault } from '../base/fault.ts';
import { isRecord } from '../base/is-record.ts';
import { containerNames } from '../pod/containers.ts';
import type { KubernetesObject } from '../pod/kubernetes-object.ts';
import type { JobSpec } from './job-resource.ts';

/** What of a pod's `spec`, and of its main container, is the job's own affair: the template has the last word there. */
const ofPod = ['automountServiceAccountToken', 'enableServiceLinks', 'securityContext'];
const ofMain = ['imagePullPolicy', 'securityContext'];

/** What a job's `podTemplate` does to its pod. */
export interface TemplateParts {
  /** What it adds: what the pod has itself stays. */
  readonly adds: KubernetesObject;
  /** What it puts in the place of what the pod has itself. */
  readonly replaces: KubernetesObject;
}

/** @throws Fault `usage` */
export function templateParts({ podTemplate = {} }: JobSpec): TemplateParts {
  const stray = Object.keys(podTemplate).find((key) => key !== 'metadata' && key !== 'spec');
  if (stray !== undefined)
    throw new Fault('usage', `spec.podTemplate.${stray}: only metadata and spec are read`);
  for (const [key, part] of Object.entries(podTemplate))
    if (!isRecord(part)) throw new Fault('usage', `spec.podTemplate.${key} is not an object`);
  const { metadata = {}, spec = {} } = podTemplate as Readonly<Record<string, KubernetesObject>>;
  const { ownerReferences: _, finalizers: __, ...allowed } = metadata;
  return { adds: { ...podTemplate, metadata: allowed }, replaces: replacements(spec) };
}

function replacements(spec: KubernetesObject): KubernetesObject {
  const containers = Array.isArray(spec['containers']) ? spec['containers'] : [];
  const main = containers.find((each) => isRecord(each) && each['name'] === containerNames.main);
  const own = isRecord(main) ? only(main, ofMain) : {};
  const isEmpty = Object.keys(own).length === 0;
  return {
    spec: {
      ...only(spec, ofPod),
      ...(!isEmpty && { containers: [{ name: containerNames.main, ...own }] }),
    },
  };
}

function only(from: KubernetesObject, keys: readonly string[]): KubernetesObject {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}
