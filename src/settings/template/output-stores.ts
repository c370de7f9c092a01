import type { RemoteObject } from './remote-object.ts';
import type { Template } from './template.ts';

/** The stores that the outputs of a template are put to, one for each output; empty: to none. */
export function outputStores({
  artifacts,
  artifactRepository,
  multiflexi,
}: Template): readonly Omit<RemoteObject, 'key'>[] {
  const named = artifacts.flatMap(({ destination }) => destination ?? artifactRepository ?? []);
  // What MultiFlexi's keys save names no object of its own.
  const isMore = multiflexi.artifactPatterns.length > 0 || multiflexi.resultFile !== null;
  return artifactRepository !== null && isMore ? [...named, artifactRepository] : named;
}
