import { storeVariableSpecs } from './store-variable-specs.ts';
import type { VariableSpec } from './variable-spec.ts';
import { type Verb, verbs } from './verbs.ts';

const reporting: readonly Verb[] = ['wait', 'report'];

/** Every variable without an option. */
export const variables: readonly VariableSpec[] = [
  {
    name: 'EMISSARY_TEMPLATE, ARGO_TEMPLATE',
    verbs: ['init', 'run', 'wait', 'report', 'launch'],
    help: 'the template itself, as JSON; --template takes precedence',
  },
  {
    name: 'HTTP_PROXY, HTTPS_PROXY, NO_PROXY',
    verbs: ['init', 'run'],
    help: 'the proxy for fetching inputs, and the hosts that need none',
  },
  {
    name: 'EMISSARY_SECRETS_DIR',
    verbs: ['init', ...reporting],
    help: 'the Secrets that the template names for its stores, a directory each (default /argo/secret)',
  },
  {
    name: 'GOOGLE_APPLICATION_CREDENTIALS',
    verbs: ['init', ...reporting],
    help: "the credentials of Google's buckets: a key file or a federated identity's, or its text",
  },
  {
    name: 'STORAGE_EMULATOR_HOST',
    verbs: ['init', ...reporting],
    help: 'another server with the API of Google Cloud Storage, by default without credentials',
  },
  {
    name: 'AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN and related variables',
    verbs: ['init', ...reporting],
    help: "the credentials of the template's Azure containers; …_FILE names a file with one",
  },
  {
    name: 'EMISSARY_HTTP_USER, EMISSARY_HTTP_PASSWORD, EMISSARY_HTTP_TOKEN',
    verbs: reporting,
    help: "the credentials of HTTP servers that the template's artifacts are put to; …_FILE names a file with one",
  },
  {
    name: 'EMISSARY_HTTP_CHECK',
    verbs: reporting,
    help: 'false: HTTP servers are not asked what they have of a file that they took by PUT (default true)',
  },
  {
    name: 'EMISSARY_GIT_USER, EMISSARY_GIT_PASSWORD, EMISSARY_GIT_SSH_KEY, EMISSARY_GIT_KNOWN_HOSTS',
    verbs: ['init'],
    help: "the credentials of the template's repositories; …_FILE names a file with one",
  },
  {
    name: 'EMISSARY_ARGS_FILE, ARGO_CONTAINER_ARGS_FILE',
    verbs: ['run'],
    help: 'a file with more arguments for the command, a JSON array',
  },
  {
    name: 'EMISSARY_ENV_FILE',
    verbs: ['init', 'run', 'wait', 'report'],
    help: 'a file with more variables, a JSON object (a mounted Secret)',
  },
  {
    name: 'EMISSARY_DEBUG_PAUSE_BEFORE, EMISSARY_DEBUG_PAUSE_AFTER',
    verbs: ['run'],
    help: '=true pauses before or after the job until <root>/ctr/<name>/before or after exists',
  },
  {
    name: 'EMISSARY_DEBUG_PAUSE_ON_FAILURE, EMISSARY_DEBUG_PAUSE_SECONDS',
    verbs: ['run'],
    help: '=true holds a job that failed until resume NAME [--exit-code N], or for so many seconds (default 3600)',
  },
  {
    name: 'EMISSARY_ON_FAILURE',
    verbs: ['run'],
    help: "=continue records the job's failure, but exits with 0: the job as a whole does not fail by it",
  },
  {
    name: 'EMISSARY_LOG_FORMAT',
    verbs,
    help: 'json: each message is one JSON object, with time, level, verb, jobId and message (default text)',
  },
  {
    name: 'EMISSARY_VERB',
    verbs: ['send'],
    help: 'the verb of a command line without arguments: an exec may take a program only',
  },
  {
    name: 'AZURE_CPU, AZURE_MEMORY',
    verbs: ['launch'],
    help: "processors and GB of a job in Azure's container groups (default 1 and 1.5)",
  },
  {
    name: 'AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_CLIENT_SECRET_FILE, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE, AZURE_AUTHORITY_HOST',
    verbs: ['launch', 'doctor'],
    help: "who asks Azure (default the login of az, else this machine's identity)",
  },
  {
    name: 'EMISSARY_AZURE_ENDPOINT, EMISSARY_AZURE_CA_FILE',
    verbs: ['launch', 'doctor'],
    help: "another cloud's resource manager, and a certificate authority of one's own for it",
  },
  { name: 'MULTIFLEXI_JOB_ID', verbs: reporting, help: 'the ID of the job in MultiFlexi' },
  {
    name: 'MULTIFLEXI_DATABASE_URL, MULTIFLEXI_DATABASE_URL_FILE',
    verbs: reporting,
    help: 'mysql://user:password@host:3306/multiflexi?ssl-ca=FILE (or ?socket=PATH), sqlite:///absolute/path; or a file with that URL',
  },
  {
    name: 'MULTIFLEXI_API_URL, MULTIFLEXI_API_USER, MULTIFLEXI_API_PASSWORD, MULTIFLEXI_API_PASSWORD_FILE, MULTIFLEXI_API_CA_FILE',
    verbs: reporting,
    help: "the REST server, for the job's row",
  },
  {
    name: 'MULTIFLEXI_TIMEZONE',
    verbs: reporting,
    help: "the time zone of that server's database (default UTC)",
  },
  {
    name: 'MULTIFLEXI_REPORT',
    verbs: reporting,
    help: "full (default), or output: MultiFlexi's own process writes the row",
  },
  {
    name: 'EMISSARY_RESULTS_DIR',
    verbs: reporting,
    help: 'a directory that also keeps logs, outputs and the result',
  },
  ...storeVariableSpecs,
  {
    name: 'EMISSARY_LOG_LIMIT_BYTES',
    verbs: reporting,
    help: 'maximum size of a reported stream, 0 = no limit (default 1 GiB)',
  },
  {
    name: 'EMISSARY_SPOOL_DIR',
    verbs: ['wait', 'report', 'status'],
    help: "a directory that no job can access, for the state that lets wait resume after it was killed (default the volume's report/)",
  },
  {
    name: 'EMISSARY_REPORT_SECONDS',
    verbs: [...reporting, 'operator'],
    help: "how long failed delivery is retried after the job's end (default 60; of the operator: 300)",
  },
  {
    name: 'EMISSARY_ATTEMPT',
    verbs: reporting,
    help: 'above 1: the row may have the end of an earlier attempt, which is replaced',
  },
  {
    name: 'EMISSARY_OUTPUT_ROWS',
    verbs: reporting,
    help: 'maximum rows of output per job in a database (default 120000)',
  },
  {
    name: 'ZABBIX_SERVER, ZABBIX_HOST, ZABBIX_KEY',
    verbs: reporting,
    help: "a trapper item that receives the job's result",
  },
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT and related variables',
    verbs: reporting,
    help: "the endpoint for the job's metrics and its trace, OTLP over HTTP",
  },
  {
    name: 'TRACEPARENT',
    verbs: ['init', 'run', 'launch', ...reporting],
    help: "the place in a trace that the job's spans hang below (W3C Trace Context)",
  },
  {
    name: 'HTTPS_PROXY, HTTP_PROXY, NO_PROXY',
    verbs: reporting,
    help: 'the proxy for the REST server and the metrics',
  },
];
