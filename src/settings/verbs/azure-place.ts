import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { isRecord } from '../../base/is-record.ts';
import type { CommandLine } from '../cli/command-line.ts';
import { type Environment, environmentOf } from '../cli/environment.ts';
import type { GivenOption } from './container-options.ts';

/** Where a container group is, and what it gets there. */
export interface AzurePlace {
  /** An ID; null: none is known. */
  readonly subscription: string | null;
  /** Null: none is known. */
  readonly resourceGroup: string | null;
  /** The region: `westeurope`. */
  readonly location: string;
  /** Processors of the job's container, unless `--cpus` says otherwise. */
  readonly cpus: number;
  /** GiB of memory of the job's container, unless `--memory` says otherwise. */
  readonly memoryGb: number;
  /** Seconds that a job without a timeout may run; 0: no limit. */
  readonly maxLife: number;
  /** The ID of a subnet for the group; null: it has none. */
  readonly subnet: string | null;
  /** The ID of an identity that may pull from registries of Azure; null: none. */
  readonly registryIdentity: string | null;
}

const day = 86_400;
const keys = ['max-life', 'subnet', 'registry-identity'] as const;
const idShape = /^\/subscriptions\/[-\w./() ]+$/;

/**
 * MultiFlexi's own settings (`AZURE_RESOURCE_GROUP`, `AZURE_LOCATION`, `AZURE_CPU`, `AZURE_MEMORY`) with its defaults, and
 * the options for them. For other engines, only the options are read.
 *
 * @param of.options those of `--engine-option`
 * @throws Fault `usage`
 */
export function azurePlaceOf(
  line: CommandLine,
  of: {
    readonly engine: string;
    readonly environment: Environment;
    readonly from: (name: string) => string;
    readonly options?: readonly GivenOption[];
  },
): AzurePlace {
  const { from } = of;
  const isOwn = of.engine === 'azure';
  const environment = isOwn ? of.environment : environmentOf({});
  const given = optionsOf(isOwn ? (of.options ?? []) : [], from('engine-option'));
  return {
    subscription: named(line, 'subscription', from) ?? loginSubscription(environment),
    resourceGroup: named(line, 'resource-group', from),
    location: (named(line, 'location', from) ?? 'westeurope').toLowerCase().replaceAll(' ', ''),
    cpus: amount(environment, 'AZURE_CPU', 1),
    memoryGb: amount(environment, 'AZURE_MEMORY', 1.5),
    maxLife: secondsOf(given.get('max-life'), from('engine-option')),
    subnet: idOf(given.get('subnet'), `${from('engine-option')}: subnet`),
    registryIdentity: idOf(given.get('registry-identity'), `${from('engine-option')}: registry-identity`),
  };
}

function optionsOf(options: readonly GivenOption[], source: string): ReadonlyMap<string, string> {
  const unknown = options.find(([key]) => !keys.some((each) => each === key));
  if (unknown === undefined) return new Map(options);
  throw new Fault('usage', `${source}: azure has no option ${unknown[0]}; it knows ${keys.join(', ')}`);
}

/** Azure's names: letters, digits, and `-_.()`; a region may be written with spaces. */
function named(line: CommandLine, name: string, from: (name: string) => string): string | null {
  const value = line.value(name);
  if (value === null || /^[\w][-\w.() ]{0,89}$/.test(value)) return value;
  throw new Fault('usage', `${from(name)} is not a name of Azure`);
}

function amount(environment: Environment, variable: string, otherwise: number): number {
  const text = environment.get(variable);
  if (text === null) return otherwise;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new Fault('usage', `${variable} is not a number, such as 0.5 or 2`);
}

function secondsOf(text: string | undefined, source: string): number {
  if (text === undefined) return day;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Fault('usage', `${source}: max-life is not a number of seconds`);
}

function idOf(text: string | undefined, source: string): string | null {
  if (text === undefined) return null;
  if (idShape.test(text)) return text;
  throw new Fault('usage', `${source} is not the ID of a resource: /subscriptions/…`);
}

/** The one that `az login` has chosen; null if nobody is logged in here. */
function loginSubscription(environment: Environment): string | null {
  const directory = environment.get('AZURE_CONFIG_DIR') ?? join(environment.get('HOME') ?? '/', '.azure');
  try {
    const text = readFileSync(join(directory, 'azureProfile.json'), 'utf8').replace(/^\uFEFF/, '');
    const profile: unknown = JSON.parse(text);
    const all = isRecord(profile) && Array.isArray(profile['subscriptions']) ? profile['subscriptions'] : [];
    const chosen: unknown = all.find((each) => isRecord(each) && each['isDefault'] === true);
    return isRecord(chosen) && typeof chosen['id'] === 'string' ? chosen['id'] : null;
  } catch {
    // Without az, the variable is needed.
    return null;
  }
}
