import type { Verb } from './verbs.ts';

/** One variable that stands for no option. This table is for the help alone. */
export interface VariableSpec {
  readonly name: string;
  readonly verbs: readonly Verb[];
  readonly help: string;
}

const reporting: readonly Verb[] = ['wait', 'report'];

/** Every variable that stands for no option. */
export const variables: readonly VariableSpec[] = [
  {
    name: 'EMISSARY_TEMPLATE, ARGO_TEMPLATE',
    verbs: ['init'],
    help: 'the template itself, as JSON; --template wins',
  },
  {
    name: 'HTTP_PROXY, HTTPS_PROXY, NO_PROXY',
    verbs: ['init'],
    help: 'the proxy that inputs are fetched through, and what is fetched directly',
  },
  {
    name: 'EMISSARY_ARGS_FILE, ARGO_CONTAINER_ARGS_FILE',
    verbs: ['run'],
    help: 'a file with more words for the command, a JSON array',
  },
  {
    name: 'EMISSARY_ENV_FILE',
    verbs: ['run', 'wait', 'report'],
    help: 'a file with more variables, a JSON object (a mounted Secret)',
  },
  {
    name: 'EMISSARY_DEBUG_PAUSE_BEFORE, EMISSARY_DEBUG_PAUSE_AFTER',
    verbs: ['run'],
    help: '=true holds the job until <root>/ctr/<name>/before, after exists',
  },
  { name: 'MULTIFLEXI_JOB_ID', verbs: reporting, help: 'the job in MultiFlexi' },
  {
    name: 'MULTIFLEXI_DATABASE_URL, MULTIFLEXI_DATABASE_URL_FILE',
    verbs: reporting,
    help: 'mysql://user:password@host:3306/multiflexi?ssl-ca=FILE (or ?socket=PATH), sqlite:///absolute/path; or a file that holds it',
  },
  {
    name: 'MULTIFLEXI_API_URL, MULTIFLEXI_API_USER, MULTIFLEXI_API_PASSWORD, MULTIFLEXI_API_PASSWORD_FILE, MULTIFLEXI_API_CA_FILE',
    verbs: reporting,
    help: "the REST server, for the job's row",
  },
  {
    name: 'MULTIFLEXI_TIMEZONE',
    verbs: reporting,
    help: "the zone of that server's database (default UTC)",
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
  {
    name: 'EMISSARY_LOG_LIMIT_BYTES',
    verbs: reporting,
    help: 'largest part of a captured stream that is taken, 0 = no limit (default 1 GiB)',
  },
  {
    name: 'EMISSARY_SPOOL_DIR',
    verbs: ['wait', 'report', 'status'],
    help: "a directory that no job can reach, for what wait keeps to go on after it was killed (default the volume's report/)",
  },
  {
    name: 'EMISSARY_REPORT_SECONDS',
    verbs: reporting,
    help: "how long delivery is tried without success after the job's end (default 60)",
  },
  {
    name: 'EMISSARY_OUTPUT_ROWS',
    verbs: reporting,
    help: 'rows of output that a database takes of one job at the most (default 120000)',
  },
  {
    name: 'ZABBIX_SERVER, ZABBIX_HOST, ZABBIX_KEY',
    verbs: reporting,
    help: "a trapper item that hears of the job's end",
  },
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT and its kin',
    verbs: reporting,
    help: "where metrics of the job's end go, by OTLP over HTTP",
  },
  {
    name: 'HTTPS_PROXY, HTTP_PROXY, NO_PROXY',
    verbs: reporting,
    help: 'the proxy to the REST server and the metrics',
  },
];
