import { existsSync } from 'node:fs';
import { environmentOf } from '../cli/environment.ts';
import { reportSettings } from '../destinations/report-settings.ts';
import { readText } from '../destinations/secret.ts';

type Variables = Readonly<Record<string, string>>;

/** What a reporter in a pod gets of the launcher's environment. Directories and proxies of this host are not its own. */
const forReporters =
  /^MULTIFLEXI_(?:DATABASE|API)_|^MULTIFLEXI_(?:TIMEZONE|REPORT)$|^ZABBIX_|^OTEL_|^EMISSARY_(?:REPORT_SECONDS|OUTPUT_ROWS|RESULTS_URL|RESULTS_KEY)$/;

/** and, with an object store for results, of its clients' variables. */
const forStores =
  /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|(?:DEFAULT_)?REGION|ENDPOINT_URL(?:_S3)?)$|^GOOGLE_APPLICATION_CREDENTIALS$/;

/** Variables that name a file with what another one would be. */
const files = ['MULTIFLEXI_DATABASE_URL', 'MULTIFLEXI_API_PASSWORD'];

const googleKey = 'GOOGLE_APPLICATION_CREDENTIALS';

/**
 * The variables of a reporter that runs in a pod.
 *
 * @param given those of `--report-variables`, all of which it gets
 * @throws Fault `usage` for what the reporter would refuse
 */
export function sidecarVariables(
  environment: Variables,
  given: Variables,
  jobId: number | null,
): ReadonlyMap<string, string> {
  const keepsResults = (given['EMISSARY_RESULTS_URL'] ?? environment['EMISSARY_RESULTS_URL'] ?? '') !== '';
  const own = Object.entries(environment).filter(
    ([name]) => forReporters.test(name) || (keepsResults && forStores.test(name)),
  );
  const variables = withFiles({ ...Object.fromEntries(own), ...given });
  const job = jobId === null ? {} : { MULTIFLEXI_JOB_ID: String(jobId) };
  reportSettings(environmentOf({ ...withoutAuthorities(variables), ...job }));
  return new Map(Object.entries(variables));
}

/** A file of this host is read here; any other is the pod's. */
function withFiles(variables: Variables): Variables {
  const found = new Map(Object.entries(variables));
  for (const name of files) {
    const file = found.get(`${name}_FILE`) ?? '';
    if (file === '' || found.has(name) || !existsSync(file)) continue;
    found.delete(`${name}_FILE`);
    found.set(name, readText(file, `${name}_FILE`).replace(/\r?\n$/, ''));
  }
  // It may also be the file's content.
  const key = found.get(googleKey) ?? '';
  if (key !== '' && existsSync(key)) found.set(googleKey, readText(key, googleKey));
  return Object.fromEntries(found);
}

/** Certificates are files of the pod. */
function withoutAuthorities({ MULTIFLEXI_API_CA_FILE: _, ...variables }: Variables): Variables {
  const { MULTIFLEXI_DATABASE_URL: url } = variables;
  if (url === undefined) return variables;
  return {
    ...variables,
    MULTIFLEXI_DATABASE_URL: url.replace(/([?&])ssl-ca=[^&]*/, '$1').replace(/[?&]$/, ''),
  };
}
