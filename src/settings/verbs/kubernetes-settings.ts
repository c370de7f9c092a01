import { resolve } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { version } from '../../version.ts';
import type { CommandLine } from '../cli/command-line.ts';
import { imageName } from '../cli/values.ts';

/** How a cluster is reached, and what a pod gets there. */
export interface KubernetesSettings {
  /** An absolute path; null: as kubectl finds it. */
  readonly kubeconfig: string | null;
  /** Null: the kubeconfig's current one. */
  readonly context: string | null;
  /** Null: that of the context, else `default`. */
  readonly namespace: string | null;
  /** Null: the namespace's default, whose token the pod does not get. */
  readonly serviceAccount: string | null;
  /** An absolute path of a file that is added to the pod; null: none. */
  readonly podTemplate: string | null;
  /** Native: Kubernetes itself starts the reporter before the job, and stops it after the job. */
  readonly reporterKind: 'plain' | 'native';
  /** Copied by an init container, or mounted from its image. */
  readonly program: 'copy' | 'image';
  /** The image of this program, which the cluster must be able to pull. */
  readonly emissaryImage: string;
}

/** @throws Fault `usage` */
export function kubernetesSettings(line: CommandLine, from: (name: string) => string): KubernetesSettings {
  const path = (name: string) => {
    const value = line.value(name);
    return value === null ? null : resolve(value);
  };
  const label = (name: string, most: number) => {
    const value = line.value(name);
    if (value === null || (value.length <= most && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value)))
      return value;
    throw new Fault('usage', `${from(name)} is not a name of Kubernetes (small letters, digits and -)`);
  };
  return {
    kubeconfig: path('kubeconfig'),
    context: line.value('context'),
    namespace: label('namespace', 63),
    serviceAccount: label('service-account', 253),
    podTemplate: path('pod-template'),
    reporterKind: oneOf(['plain', 'native'], line.value('reporter'), from('reporter')),
    program: oneOf(['copy', 'image'], line.value('program'), from('program')),
    emissaryImage: imageName(
      line.value('emissary-image') ?? `multiflexi-emissary:${version}`,
      from('emissary-image'),
    ),
  };
}

/** The first one is the default. */
function oneOf<T extends string>(allowed: readonly [T, T], text: string | null, source: string): T {
  const found = text === null ? allowed[0] : allowed.find((each) => each === text);
  if (found !== undefined) return found;
  throw new Fault('usage', `${source} must be ${allowed.join(' or ')}`);
}
