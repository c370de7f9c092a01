import { hostOptions } from './host-options.ts';
import type { OptionSpec } from './option-spec.ts';
import { verbs } from './verbs.ts';

/** The verbs that work on the volume that is mounted where they run. */
const onVolume = verbs.filter(
  (verb) => !['launch', 'attach', 'cancel', 'list', 'doctor', 'operator'].includes(verb),
);

/** Every option of every verb. */
export const options: readonly OptionSpec[] = [
  {
    name: 'root',
    verbs: onVolume,
    value: 'DIR',
    variables: ['EMISSARY_ROOT'],
    help: 'the shared volume (default /var/run/argo)',
  },
  {
    name: 'root',
    verbs: ['launch'],
    value: 'DIR',
    variables: ['EMISSARY_ROOT'],
    help: "the job's volume, kept when the job has ended (default a new one, removed then)",
  },
  {
    name: 'template',
    verbs: ['init', 'launch'],
    value: 'FILE',
    variables: [],
    help: 'the template, a file or - for standard input (default {})',
  },
  {
    name: 'template',
    verbs: ['run', 'wait', 'report'],
    value: 'FILE',
    variables: [],
    help: 'the template of a volume that no init has prepared (default the one on the volume)',
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
    verbs: ['run', 'wait', 'manifest', 'launch'],
    value: 'SECONDS',
    variables: ['EMISSARY_TIMEOUT_SECONDS'],
    help: 'stop the job after this time (default 0: never)',
  },
  {
    name: 'deadline',
    verbs: ['wait'],
    value: 'TIME',
    variables: ['EMISSARY_DEADLINE', 'ARGO_DEADLINE'],
    help: 'stop the job early enough to report it before this time, RFC 3339 (default none)',
  },
  {
    name: 'grace',
    verbs: ['run', 'wait', 'hold', 'manifest', 'launch'],
    value: 'SECONDS',
    variables: ['EMISSARY_GRACE_SECONDS', 'ARGO_TERMINATION_GRACE_PERIOD_SECONDS'],
    help: 'time between the stop signal and KILL (default 30)',
  },
  {
    name: 'stop-signal',
    verbs: ['run'],
    value: 'SIGNAL',
    variables: ['EMISSARY_STOP_SIGNAL'],
    help: 'signal that stops the job gracefully (default TERM)',
  },
  {
    name: 'log-limit',
    verbs: ['run'],
    value: 'BYTES',
    variables: ['EMISSARY_LOG_LIMIT_BYTES'],
    help: 'maximum size of a captured stream, 0 = no limit (default 1 GiB)',
  },
  {
    name: 'mask-env',
    verbs: ['run'],
    value: 'LIST',
    variables: ['EMISSARY_MASK_ENV'],
    emptyMeansNone: true,
    help: 'variables whose values are masked in the output, * allowed, empty = none (default passwords, secrets, tokens, keys, DSNs)',
  },
  {
    name: 'mask-artifacts',
    verbs: ['run'],
    value: null,
    variables: ['EMISSARY_MASK_ARTIFACTS'],
    help: 'mask these values in artifacts, too, in files that are text',
  },
  {
    name: 'combined',
    verbs: ['run'],
    value: null,
    variables: ['EMISSARY_COMBINED', 'ARGO_INCLUDE_SCRIPT_OUTPUT'],
    help: 'also write both streams to one file, in order of arrival',
  },
  {
    name: 'capture-only',
    verbs: ['run'],
    value: null,
    variables: ['EMISSARY_CAPTURE_ONLY'],
    help: 'keep the output in its files, and do not forward it to standard output and error',
  },
  {
    name: 'pass-through',
    verbs: ['run'],
    value: null,
    variables: ['EMISSARY_PASS_THROUGH'],
    help: 'let the job write to standard output and error itself: nothing of it is kept, reported or masked',
  },
  {
    name: 'termination-log',
    verbs: ['run', 'wait'],
    value: 'FILE',
    variables: ['EMISSARY_TERMINATION_LOG'],
    emptyMeansNone: true,
    help: "run: where a failed job's last lines go, if it exists and is empty (default /dev/termination-log); wait: where the verdict goes, as JSON (default none); empty = none",
  },
  {
    name: 'no-network',
    verbs: ['run'],
    value: null,
    variables: ['EMISSARY_HERMETIC'],
    help: 'run the job without network, in namespaces of its own; it does not run where the kernel refuses them',
  },
  {
    name: 'without-program',
    verbs: ['init'],
    value: null,
    variables: [],
    help: 'install the template and the inputs only: the program is started from elsewhere',
  },
  {
    name: 'exit-code',
    verbs: ['resume'],
    value: 'NUMBER',
    variables: [],
    help: "the exit code that you decide, 0 to 255 (default the job's own)",
  },
  {
    name: 'hold',
    verbs: ['hold', 'wait', 'launch'],
    value: 'SECONDS',
    variables: ['EMISSARY_HOLD_SECONDS'],
    help: "how long the volume is held for whoever takes it (hold: after the job's end, default 3600; wait: after the report, default not at all; launch: in a pod, if the launcher is gone)",
  },
  {
    name: 'encoding',
    verbs: ['send', 'mirror'],
    value: 'ENCODING',
    variables: [],
    help: 'binary, or text for a stream that is a terminal (default of send: what its streams need; else binary)',
  },
  {
    name: 'json',
    verbs: ['status', 'list', 'doctor'],
    value: null,
    variables: [],
    help: 'print one JSON document',
  },
  ...hostOptions,
];
