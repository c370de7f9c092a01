import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../../base/make-directories.ts';
import { publish } from '../../contract/publish.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import { type LaunchRecord, readRecord } from './launch-record.ts';

/** Where jobs of this installation were launched: what is left there is found without the record of its job. */
export interface EnginePlace extends Pick<LaunchRecord, 'engine' | 'azure' | 'via'> {
  readonly cluster?: Pick<KubernetesSettings, 'kubeconfig' | 'context' | 'namespace'> | null;
}

const directory = 'places';

/** Remembers where a job is launched. Best effort: without it, a launch that loses its record is not found again. */
export function rememberPlace(state: string, { engine, cluster, azure, via }: EnginePlace): void {
  if (engine === 'native') return;
  const where = {
    engine,
    cluster: cluster == null ? null : placeOf(cluster),
    ...(azure !== undefined && { azure }),
    ...(via !== undefined && { via }),
  };
  const text = JSON.stringify(where);
  const name = `${engine}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.json`;
  const file = join(state, directory, name);
  try {
    if (existsSync(file)) return;
    makeDirectories(join(state, directory));
    publish(file, `${text}\n`, 0o600);
  } catch {
    // A full disk fails the launch itself.
  }
}

function placeOf({ kubeconfig, context, namespace }: NonNullable<EnginePlace['cluster']>) {
  return { kubeconfig, context, namespace };
}

/** All places that were remembered. */
export function knownPlaces(state: string): readonly EnginePlace[] {
  const path = join(state, directory);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => readRecord(join(path, name)) ?? []);
}
