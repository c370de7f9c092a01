import type { OptionSpec } from './option-spec.ts';

/** The options of an application's Helm chart. */
export const helmOptions: readonly OptionSpec[] = [
  {
    name: 'helm-chart',
    verbs: ['launch', 'doctor'],
    value: 'CHART',
    variables: ['EMISSARY_HELM_CHART'],
    help: 'the Helm chart that is installed or upgraded before the pod is made, or none (default that of the application)',
  },
  {
    name: 'helm-release',
    verbs: ['launch'],
    value: 'NAME',
    variables: ['EMISSARY_HELM_RELEASE'],
    help: "the release of the chart (default made from the application's name)",
  },
  {
    name: 'helm-values',
    verbs: ['launch'],
    value: 'FILE',
    variables: ['EMISSARY_HELM_VALUES'],
    help: 'values of the chart, a YAML file; several are separated by commas',
  },
  {
    name: 'helm',
    verbs: ['launch', 'doctor'],
    value: 'PROGRAM',
    variables: ['EMISSARY_HELM'],
    help: 'the program helm, its name or its path (default helm)',
  },
];
