import { outputStores } from '../settings/template/output-stores.ts';
import type { SecretKey } from '../settings/template/remote-object.ts';
import type { InputSource, Template } from '../settings/template/template.ts';

/** What is mounted of one Secret. */
export interface MountedSecret {
  readonly name: string;
  /** No others are. */
  readonly keys: readonly string[];
  /** The pod starts without it, too. */
  readonly optional: boolean;
}

/** What the stores of a template need of a pod. */
export interface PodStores {
  /** Whether inputs come from where credentials are needed: then `init` fetches them, never the job's container. */
  readonly fetches: boolean;
  /** Whether the reporter puts artifacts: then it has the template. */
  readonly puts: boolean;
  /** The Secrets that the inputs name, */
  readonly fetchSecrets: readonly MountedSecret[];
  /** and those that the outputs name. */
  readonly putSecrets: readonly MountedSecret[];
}

/** A template without stores. */
export const noStores: PodStores = { fetches: false, puts: false, fetchSecrets: [], putSecrets: [] };

/** What a template's stores need. */
export function podStores(template: Template): PodStores {
  const inputs = template.inputs.map(({ source }) => secretsOfInput(source)).filter((each) => each !== null);
  const outputs = outputStores(template).map(({ secrets }) => secrets);
  return {
    fetches: inputs.length > 0,
    puts: outputs.length > 0,
    fetchSecrets: mountedSecrets(inputs),
    putSecrets: mountedSecrets(outputs),
  };
}

type Secrets = Readonly<Record<string, SecretKey>>;

/** Null: it needs no credentials. */
function secretsOfInput(source: InputSource): Secrets | null {
  switch (source.kind) {
    case 'object':
      return source.object.secrets;
    case 'git':
      return source.secrets;
    case 'http':
      return Object.keys(source.secrets).length === 0 ? null : source.secrets;
    case 'text':
    case 'base64':
    case 'file':
      return null;
  }
}

function mountedSecrets(all: readonly Secrets[]): readonly MountedSecret[] {
  const named = all.flatMap((secrets) => Object.values(secrets));
  const bySecret = Map.groupBy(named, ({ secret }) => secret);
  return [...bySecret].map(([name, keys]) => ({
    name,
    keys: [...new Set(keys.map(({ key }) => key))],
    optional: keys.every(({ optional }) => optional === true),
  }));
}
