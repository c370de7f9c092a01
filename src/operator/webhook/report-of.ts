import { isKubernetesName, type WebhookSettings } from '../../settings/verbs/webhook-settings.ts';
import {
  type AdmittedPod,
  annotationOf,
  type ContainerVariable,
  type PodContainer,
  variableOf,
} from './admitted-pod.ts';

/** How a reporter learns what it reports, and where to. */
export interface PodReport {
  readonly variables: readonly ContainerVariable[];
  /** The Secret with the rest of its variables, which may be missing; null: it reports nothing. */
  readonly secret: string | null;
  /** Sentences. */
  readonly warnings: readonly string[];
}

const modes = ['full', 'output', 'none'];
const jobIdVariable = 'MULTIFLEXI_JOB_ID';

/** Without a job's ID, a reporter with credentials would refuse to start: then it only prints the result. */
export function reportOf(
  pod: AdmittedPod,
  container: PodContainer,
  { reportSecret }: Pick<WebhookSettings, 'reportSecret'>,
): PodReport {
  const warnings: string[] = [];
  const warn = (sentence: string) => warnings.push(`multiflexi-emissary: ${sentence}`);
  const wanted = annotationOf(pod, 'report') ?? 'full';
  if (!modes.includes(wanted)) warn('the annotation report is neither full, output nor none');
  const mode = modes.includes(wanted) ? wanted : 'full';
  const secret = annotationOf(pod, 'secret') ?? reportSecret;
  if (!isKubernetesName(secret)) warn('the annotation secret is not the name of a Secret');
  const job = jobIdOf(pod, container);
  if (job === null && mode !== 'none')
    warn('neither MULTIFLEXI_JOB_ID nor the annotation job-id is there: the reporter only prints the result');
  if (job === null || mode === 'none') return { variables: [], secret: null, warnings };
  return {
    variables: [job, { name: 'MULTIFLEXI_REPORT', value: mode }],
    secret: isKubernetesName(secret) ? secret : reportSecret,
    warnings,
  };
}

function jobIdOf(pod: AdmittedPod, container: PodContainer): ContainerVariable | null {
  const annotated = annotationOf(pod, 'jobId');
  const found =
    annotated === null ? variableOf(container, jobIdVariable) : { name: jobIdVariable, value: annotated };
  if (found?.valueFrom !== undefined) return found;
  return /^[1-9]\d{0,9}$/.test(found?.value ?? '') ? found : null;
}
