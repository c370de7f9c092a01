import type { OptionSpec } from './option-spec.ts';

/** The options of the operator's webhook. */
export const webhookOptions: readonly OptionSpec[] = [
  {
    name: 'webhook',
    verbs: ['operator'],
    value: 'PORT',
    variables: ['EMISSARY_WEBHOOK_PORT'],
    help: 'where the webhook is served, which wraps labelled pods (default: there is none)',
  },
  {
    name: 'webhook-url',
    verbs: ['operator'],
    value: 'URL',
    variables: ['EMISSARY_WEBHOOK_URL'],
    help: 'the address by which the API server reaches it, if not by its service: its certificate is for that host, too',
  },
  {
    name: 'webhook-service',
    verbs: ['operator'],
    value: 'NAME',
    variables: ['EMISSARY_WEBHOOK_SERVICE'],
    help: 'its service, in the own namespace (default multiflexi-emissary-webhook)',
  },
  {
    name: 'webhook-configuration',
    verbs: ['operator'],
    value: 'NAME',
    variables: ['EMISSARY_WEBHOOK_CONFIGURATION'],
    help: 'the MutatingWebhookConfiguration whose caBundle is kept right (default multiflexi-emissary)',
  },
  {
    name: 'webhook-resources',
    verbs: ['operator'],
    value: 'JSON',
    variables: ['EMISSARY_WEBHOOK_RESOURCES'],
    help: 'requests and limits of each injected container (default some 20m to 500m, and 64Mi to 256Mi)',
  },
  {
    name: 'webhook-artifacts',
    verbs: ['operator'],
    value: 'PATTERN',
    variables: ['EMISSARY_WEBHOOK_ARTIFACTS'],
    emptyMeansNone: true,
    help: 'which files in MULTIFLEXI_TMP of a wrapped job are artifacts: a regular expression, empty = none (default .*)',
  },
  {
    name: 'report-secret',
    verbs: ['operator'],
    value: 'NAME',
    variables: ['EMISSARY_REPORT_SECRET'],
    help: 'the Secret of each namespace with the variables of the reporters of wrapped pods (default multiflexi)',
  },
  {
    name: 'insecure-registries',
    verbs: ['operator'],
    value: 'LIST',
    variables: ['EMISSARY_INSECURE_REGISTRIES'],
    help: 'registries, separated by commas, that are asked without TLS for the command of an image (default those of this machine)',
  },
];
