import type { OptionSpec } from './option-spec.ts';

/** Options of `launch` and `manifest` about a job's pod. */
export const podOptions: readonly OptionSpec[] = [
  {
    name: 'via',
    verbs: ['launch'],
    value: 'WAY',
    variables: ['EMISSARY_VIA'],
    help: 'pod: make it; operator: make a resource of which an operator makes it; auto: operator where the cluster has such resources (default pod)',
  },
  {
    name: 'pod-template',
    verbs: ['manifest', 'launch'],
    value: 'FILE',
    variables: ['EMISSARY_POD_TEMPLATE'],
    help: "what else the pod has: a Pod's metadata and spec, YAML or JSON (default none)",
  },
  {
    name: 'service-account',
    verbs: ['manifest', 'launch'],
    value: 'NAME',
    variables: ['EMISSARY_SERVICE_ACCOUNT'],
    help: "the pod's service account, whose token the job gets (default none)",
  },
];
