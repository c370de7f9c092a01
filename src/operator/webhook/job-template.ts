import { isAbsolute, join } from 'node:path';
import { unexpanded } from '../../pod/is-expanded.ts';
import {
  type AdmittedPod,
  annotationOf,
  type ContainerVariable,
  type PodContainer,
  variableOf,
} from './admitted-pod.ts';

const variable = 'EMISSARY_TEMPLATE';

/**
 * The template of a job, as the variable that `init` takes it from: the pod's own, or what MultiFlexi's variables tell: the
 * report, and the files of its temporary directory.
 *
 * @param artifacts which of them are artifacts, a regular expression; null: none
 */
export function jobTemplate(
  pod: AdmittedPod,
  container: PodContainer,
  artifacts: string | null,
): ContainerVariable {
  const annotated = annotationOf(pod, 'template');
  if (annotated !== null) return { name: variable, value: unexpanded(annotated) };
  const own = variableOf(container, variable);
  if (own !== null) return own;
  const directory = pathIn(container, 'MULTIFLEXI_TMP');
  const resultFile = resultFileIn(container, directory);
  const pattern = annotationOf(pod, 'artifacts') ?? artifacts;
  const multiflexi = {
    ...(directory !== null && { temporaryDirectory: directory }),
    ...(resultFile !== null && { resultFile }),
    ...(directory !== null &&
      pattern !== null && { artifactPatterns: [pattern], artifactDirectory: directory }),
  };
  return { name: variable, value: unexpanded(JSON.stringify({ multiflexi })) };
}

function resultFileIn(container: PodContainer, directory: string | null): string | null {
  const path = variableOf(container, 'RESULT_FILE')?.value ?? '';
  if (path === '' || isAbsolute(path)) return path || null;
  return directory === null ? null : join(directory, path);
}

function pathIn(container: PodContainer, name: string): string | null {
  const value = variableOf(container, name)?.value ?? '';
  return isAbsolute(value) ? value : null;
}
