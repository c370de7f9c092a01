import { Fault } from '../../base/fault.ts';
import type { Environment } from '../cli/environment.ts';

/** An object store that keeps the results of jobs. */
export interface ResultsStore {
  /** Without a path; its query may have options of the store. */
  readonly address: URL;
  /** The template of the objects' keys: `results/{job}/{path}`. */
  readonly key: string;
  /** Has the store's credentials. */
  readonly environment: Environment;
}

const kinds = ['s3:', 'azblob:', 'gs:', 'https:', 'http:'];
const places = ['{job}', '{container}', '{file}', '{path}'];
const usual = '{job}/{path}';

/**
 * The store of `EMISSARY_RESULTS_URL`, or null.
 *
 * @throws Fault `usage`, which never shows the values
 */
export function resultsStore(environment: Environment): ResultsStore | null {
  const text = environment.get('EMISSARY_RESULTS_URL');
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !kinds.includes(url.protocol) || url.host === '')
    throw new Fault(
      'usage',
      'EMISSARY_RESULTS_URL is not the address of an object store (s3://bucket/prefix)',
    );
  if (url.username !== '' || url.password !== '')
    throw new Fault(
      'usage',
      'EMISSARY_RESULTS_URL contains a user name or password; set the variables of its store',
    );
  const key = keyTemplate(pathOf(url), environment.get('EMISSARY_RESULTS_KEY'));
  const address = new URL(url);
  address.pathname = '';
  address.hash = '';
  return { address, key, environment };
}

function pathOf({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '');
  } catch {
    throw new Fault(
      'usage',
      'EMISSARY_RESULTS_URL: a % in its path is not followed by two hexadecimal digits',
    );
  }
}

/** A path without a place for names is a prefix. */
function keyTemplate(path: string, given: string | null): string {
  if (given === null && path.includes('{')) return ofOneJob(path, 'EMISSARY_RESULTS_URL');
  const key = checked((given ?? usual).replace(/^\/+/, ''), 'EMISSARY_RESULTS_KEY');
  if (path.includes('{'))
    throw new Fault(
      'usage',
      'EMISSARY_RESULTS_URL has a template of keys, and EMISSARY_RESULTS_KEY another one',
    );
  ofOneJob(key, 'EMISSARY_RESULTS_KEY');
  return path === '' ? key : `${path}/${key}`;
}

/** Without the job's ID, a job would get the keys of another one, and end as if all were well. */
function ofOneJob(template: string, source: string): string {
  if (checked(template, source).includes('{job}')) return template;
  throw new Fault(
    'usage',
    `${source}: the template of keys has no {job}: each job would replace the files of the one before`,
  );
}

function checked(template: string, source: string): string {
  const found: readonly string[] = template.match(/\{[^}]*\}?/g) ?? [];
  if (found.some((place) => !places.includes(place)))
    throw new Fault(
      'usage',
      `${source}: a key may have the places ${places.join(', ')}, and no other braces`,
    );
  // Else two files of a job would have one key.
  if (!found.includes('{path}') && !(found.includes('{container}') && found.includes('{file}')))
    throw new Fault('usage', `${source}: the template of keys has neither {path} nor {container} and {file}`);
  return template;
}
