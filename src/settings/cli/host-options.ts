import { helmOptions } from './helm-options.ts';
import { launchOptions } from './launch-options.ts';
import type { OptionSpec } from './option-spec.ts';

/** The options that only verbs of the program outside of pods take. */
export const hostOptions: readonly OptionSpec[] = [
  ...launchOptions,
  ...helmOptions,
  {
    name: 'dry-run',
    verbs: ['launch'],
    value: null,
    variables: [],
    help: 'print the pod and its Secrets as YAML, with the secrets in them, and make nothing (kubernetes)',
  },
  {
    name: 'variables',
    verbs: ['manifest', 'launch'],
    value: 'FILE',
    variables: [],
    help: "the job's variables: NAME=value lines or a JSON object; for manifest, secret values go into a Secret",
  },
  {
    name: 'report-variables',
    verbs: ['manifest', 'launch'],
    value: 'FILE',
    variables: [],
    help: "the reporter's variables: the server and its credentials; for manifest, they go into a Secret",
  },
  {
    name: 'job-id',
    verbs: ['manifest', 'launch'],
    value: 'NUMBER',
    variables: ['MULTIFLEXI_JOB_ID'],
    help: 'the ID of the job in MultiFlexi',
  },
  {
    name: 'pod-name',
    verbs: ['manifest'],
    value: 'NAME',
    variables: [],
    help: 'the name of the pod (default multiflexi-job-NUMBER)',
  },
  {
    name: 'image',
    verbs: ['manifest', 'launch', 'doctor'],
    value: 'IMAGE',
    variables: [],
    help: "the job's image (default the ociimage of the application); doctor pulls it if it is missing",
  },
  {
    name: 'emissary-image',
    verbs: ['manifest', 'launch', 'doctor'],
    value: 'IMAGE',
    variables: ['EMISSARY_IMAGE'],
    help: 'the image of this program (default multiflexi-emissary with its version)',
  },
  {
    name: 'reporter',
    verbs: ['manifest', 'launch'],
    value: 'KIND',
    variables: ['EMISSARY_REPORTER'],
    help: "plain, or native: a sidecar container of Kubernetes 1.29 and later, for a pod's reporter (default plain)",
  },
  {
    name: 'kind',
    verbs: ['manifest'],
    value: 'KIND',
    variables: [],
    help: 'pod or job (default pod)',
  },
  {
    name: 'user',
    verbs: ['manifest', 'launch'],
    value: 'UID',
    variables: ['EMISSARY_USER'],
    help: 'the user ID that the job runs as (launch: or UID:GID), or image for the image user (default image; manifest: 65532)',
  },
  {
    name: 'allow-root',
    verbs: ['manifest'],
    value: null,
    variables: [],
    help: 'allow the job to run as root, for images that cannot run as another user',
  },
  {
    name: 'language',
    verbs: ['manifest', 'launch'],
    value: 'LANGUAGE',
    variables: [],
    help: "language of artifact descriptions, such as cs or cs_CZ.UTF-8 (default the job's LANG, then our own)",
  },
  {
    name: 'claim',
    verbs: ['manifest'],
    value: 'NAME:PATH',
    variables: [],
    help: 'a volume claim that the reporter mounts, for a database file or kept results',
  },
  {
    name: 'kept',
    verbs: ['list'],
    value: null,
    variables: [],
    help: 'with --clean: remove what --keep has kept, too',
  },
  {
    name: 'mirror-limit',
    verbs: ['mirror'],
    value: 'BYTES',
    variables: ['EMISSARY_MIRROR_LIMIT_BYTES'],
    help: 'maximum size of the mirror; holes do not count (default 64 GiB)',
  },
];
