/** The verbs of both programs; `emissary` is `run` under Argo's name. */
export const verbs = ['init', 'run', 'wait', 'signal', 'report', 'status', 'manifest'] as const;

/** One verb. */
export type Verb = (typeof verbs)[number];

/** Verbs that only the program outside of pods has. */
const hostVerbs: readonly Verb[] = ['manifest'];

/** Where a verb's help is, for the end of a message: `see emissary run --help`. */
export function helpOf(verb: Verb): string {
  return `see ${hostVerbs.includes(verb) ? 'multiflexi-emissary' : 'emissary'} ${verb} --help`;
}

/** One option: its words, who takes it, what stands in for it. This table makes the parser, the fallbacks and the help. */
export interface OptionSpec {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** The placeholder of its value; null for a switch. */
  readonly value: string | null;
  /** Variables that stand in for it, first found wins; those without `EMISSARY_` are Argo's. */
  readonly variables: readonly string[];
  readonly help: string;
}

const everywhere: readonly Verb[] = verbs;

/** Every option of every verb. */
export const options: readonly OptionSpec[] = [
  {
    name: 'root',
    verbs: everywhere,
    value: 'DIR',
    variables: ['EMISSARY_ROOT'],
    help: 'the shared volume (default /var/run/argo)',
  },
  {
    name: 'template',
    verbs: ['init'],
    value: 'FILE',
    variables: [],
    help: 'the template, a file or - for standard input (default {})',
  },
  {
    name: 'name',
    verbs: ['run'],
    value: 'NAME',
    variables: ['EMISSARY_CONTAINER_NAME', 'ARGO_CONTAINER_NAME'],
    help: 'the container, a DNS label (default main)',
  },
  {
    name: 'timeout',
    verbs: ['run', 'wait', 'manifest'],
    value: 'SECONDS',
    variables: ['EMISSARY_TIMEOUT_SECONDS'],
    help: 'stop the job after this time (default 0: never)',
  },
  {
    name: 'deadline',
    verbs: ['wait'],
    value: 'TIME',
    variables: ['EMISSARY_DEADLINE', 'ARGO_DEADLINE'],
    help: 'stop the job so that all is reported before this time, RFC 3339 (default none)',
  },
  {
    name: 'grace',
    verbs: ['run', 'wait', 'manifest'],
    value: 'SECONDS',
    variables: ['EMISSARY_GRACE_SECONDS', 'ARGO_TERMINATION_GRACE_PERIOD_SECONDS'],
    help: 'time between the stop signal and KILL (default 30)',
  },
  {
    name: 'stop-signal',
    verbs: ['run'],
    value: 'SIGNAL',
    variables: ['EMISSARY_STOP_SIGNAL'],
    help: 'what asks the job to stop (default TERM)',
  },
  {
    name: 'log-limit',
    verbs: ['run'],
    value: 'BYTES',
    variables: ['EMISSARY_LOG_LIMIT_BYTES'],
    help: 'largest captured file, 0 = no limit (default 1 GiB)',
  },
  {
    name: 'mask-env',
    verbs: ['run'],
    value: 'LIST',
    variables: ['EMISSARY_MASK_ENV'],
    help: 'variables whose values are masked in the output, * allowed, empty = none (default passwords, secrets, tokens, keys, DSNs)',
  },
  {
    name: 'combined',
    verbs: ['run'],
    value: null,
    variables: ['EMISSARY_COMBINED', 'ARGO_INCLUDE_SCRIPT_OUTPUT'],
    help: 'also keep both streams in one file, in order of arrival',
  },
  {
    name: 'json',
    verbs: ['status'],
    value: null,
    variables: [],
    help: 'print one JSON document',
  },
  {
    name: 'variables',
    verbs: ['manifest'],
    value: 'FILE',
    variables: [],
    help: "the job's variables, NAME=value a line; secret ones go into a Secret",
  },
  {
    name: 'report-variables',
    verbs: ['manifest'],
    value: 'FILE',
    variables: [],
    help: "the sidecar's variables: the server and its credentials; they go into a Secret",
  },
  {
    name: 'job-id',
    verbs: ['manifest'],
    value: 'NUMBER',
    variables: ['MULTIFLEXI_JOB_ID'],
    help: 'the job in MultiFlexi',
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
    verbs: ['manifest'],
    value: 'IMAGE',
    variables: [],
    help: "the job's image (default the ociimage of the application)",
  },
  {
    name: 'emissary-image',
    verbs: ['manifest'],
    value: 'IMAGE',
    variables: ['EMISSARY_IMAGE'],
    help: 'the image of this program (default multiflexi-emissary with its version)',
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
    verbs: ['manifest'],
    value: 'UID',
    variables: [],
    help: 'the user that the job runs as, a number, or image for that of the image (default 65532)',
  },
  {
    name: 'allow-root',
    verbs: ['manifest'],
    value: null,
    variables: [],
    help: 'the job may run as root: for images that cannot run as another user',
  },
  {
    name: 'language',
    verbs: ['manifest'],
    value: 'LANGUAGE',
    variables: [],
    help: "of artifacts' descriptions, like cs or cs_CZ.UTF-8 (default the job's LANG, then that of manifest)",
  },
  {
    name: 'claim',
    verbs: ['manifest'],
    value: 'NAME:PATH',
    variables: [],
    help: 'a volume claim that the sidecar mounts, for a database file or kept results',
  },
];
