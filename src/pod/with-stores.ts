import { templateFromJson } from '../settings/template/template-from-json.ts';
import { podStoreVariables } from '../settings/verbs/store-variables.ts';
import { authorityKey, type PodContents, secretsPath, templateKey, variablesFile } from './pod-contents.ts';
import { podStores } from './pod-stores.ts';

/** Where the certificate authority of stores is in `init` and in the reporter. */
const authorityPath = `${secretsPath}/stores/${authorityKey}`;

/** What a pod's own containers get besides its job's. */
export interface StoresGiven {
  /** Where its template is from, for messages. */
  readonly origin: string;
  /** The reporter's variables; null: it does not report, and puts nothing. */
  readonly report: ReadonlyMap<string, string> | null;
  /** Those of stores' clients on this host. */
  readonly storeVariables: Readonly<Record<string, string>>;
}

/**
 * A job's pod with what the stores of its template need: the Secrets that it names, and this host's variables of stores, for
 * whoever needs them.
 *
 * @throws Fault `template` if it is invalid; `usage` for a file of a variable that cannot be read
 */
export async function withStores(contents: PodContents, given: StoresGiven): Promise<PodContents> {
  const { report } = given;
  const text = contents.template ?? contents.secrets.init[templateKey];
  const stores = text === undefined ? contents.stores : podStores(await templateFromJson(text, given.origin));
  const reports = report !== null && (stores.puts || (report.get('EMISSARY_RESULTS_URL') ?? '') !== '');
  const isNeeded = stores.fetches || reports;
  const { variables, authority } = podStoreVariables(isNeeded ? given.storeVariables : {});
  const all = new Map([
    ...variables,
    ...(authority === null ? [] : [['EMISSARY_STORE_CA_FILE', authorityPath] as const]),
  ]);
  // What a file of this host has said.
  const isRead = (name: string) =>
    reports && name.endsWith('_FILE') && all.has(name.slice(0, -'_FILE'.length));
  const own = [...(report ?? [])].filter(([name]) => !isRead(name));
  return {
    ...contents,
    stores,
    secrets: {
      ...contents.secrets,
      stores: {
        ...(stores.fetches && variablesFile(all)),
        ...(authority !== null && { [authorityKey]: authority }),
      },
      report: variablesFile(new Map([...own, ...(reports ? all : [])])),
    },
  };
}
