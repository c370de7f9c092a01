import type { VariableSpec } from './variable-spec.ts';

const reporting: VariableSpec['verbs'] = ['wait', 'report'];

/** The variables of object stores that have no option, for the help. */
export const storeVariableSpecs: readonly VariableSpec[] = [
  {
    name: 'EMISSARY_RESULTS_URL',
    verbs: reporting,
    help: 'an object store that also keeps them: s3://, gs:// or azblob://bucket/prefix, or https://host/prefix',
  },
  {
    name: 'EMISSARY_RESULTS_KEY',
    verbs: reporting,
    help: 'the keys of its objects below that prefix (default {job}/{path})',
  },
  {
    name: 'EMISSARY_STORE_CA_FILE',
    verbs: ['init', ...reporting],
    help: 'the certificate authority of object stores (PEM)',
  },
];
