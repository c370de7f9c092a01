import { stringify } from 'yaml';
import type { KubernetesObject } from './pod.ts';

/** The objects as one YAML stream. Texts that YAML 1.1 would take for something else (`no`, `0x1`) are quoted. */
export function yamlOf(objects: readonly KubernetesObject[]): string {
  const options = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;
  return objects.map((object) => stringify(object, options)).join('---\n');
}
