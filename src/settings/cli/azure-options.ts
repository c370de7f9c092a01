import type { OptionSpec } from './option-spec.ts';

/** Options of `launch` and `doctor` about where Azure makes container groups. */
export const azureOptions: readonly OptionSpec[] = [
  {
    name: 'subscription',
    verbs: ['launch', 'doctor'],
    value: 'ID',
    variables: ['EMISSARY_AZURE_SUBSCRIPTION', 'AZURE_SUBSCRIPTION_ID', 'AZURE_SUBSCRIPTION'],
    help: "Azure's subscription (default that of az login)",
  },
  {
    name: 'resource-group',
    verbs: ['launch', 'doctor'],
    value: 'NAME',
    variables: ['EMISSARY_AZURE_RESOURCE_GROUP', 'AZURE_RESOURCE_GROUP'],
    help: 'the resource group of the container groups',
  },
  {
    name: 'location',
    verbs: ['launch', 'doctor'],
    value: 'REGION',
    variables: ['EMISSARY_AZURE_LOCATION', 'AZURE_LOCATION'],
    help: 'the region of the container groups (default westeurope)',
  },
];
