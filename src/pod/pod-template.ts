import { parse } from 'yaml';
import { Fault, messageOf } from '../base/fault.ts';
import { isRecord } from '../base/is-record.ts';
import { limits } from '../base/limits.ts';
import { readGiven } from '../settings/cli/read-given.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** What of a pod belongs to whoever makes it. */
const parts = ['metadata', 'spec'];

/**
 * Reads a file that says what a pod has besides what is made for a job: `metadata` and `spec` of a pod, as YAML or JSON.
 *
 * @throws Fault `usage`
 */
export function readPodTemplate(path: string, source: string): KubernetesObject {
  let template: unknown;
  try {
    template = parse(readGiven(path, limits.templateBytes));
  } catch (cause) {
    throw new Fault('usage', `${source}: ${path}: ${messageOf(cause).split('\n')[0]}`, { cause });
  }
  if (!isRecord(template)) throw new Fault('usage', `${source}: ${path} is not an object with a spec`);
  const { apiVersion = 'v1', kind = 'Pod', ...rest } = template;
  const stray = Object.keys(rest).find((key) => !parts.includes(key));
  if (stray !== undefined || apiVersion !== 'v1' || kind !== 'Pod')
    throw new Fault('usage', `${source}: ${path} must be a Pod, with metadata and spec alone`);
  return rest;
}

/**
 * Adds a template to a pod. What the pod has stays: the template adds keys to objects, and entries to lists; entries with a
 * name that the pod has too are one.
 *
 * @throws Fault `usage` where one has a list or an object, and the other has none
 */
export function addToPod(pod: KubernetesObject, template: KubernetesObject): KubernetesObject {
  const found = new Map(Object.entries(template));
  for (const [key, own] of Object.entries(pod)) found.set(key, added(own, found.get(key), key));
  return Object.fromEntries(found);
}

/** @param key whose value both are */
function added(own: unknown, more: unknown, key: string): unknown {
  if (more === undefined || more === null) return own;
  if (isRecord(own) && isRecord(more)) return addToPod(own, more);
  if (Array.isArray(own) && Array.isArray(more)) return addedLists(own, more, key);
  // Nothing of it would be there.
  if (Array.isArray(own)) throw new Fault('usage', `${key} of the template is not a list`);
  if (isRecord(own)) throw new Fault('usage', `${key} of the template is not an object`);
  return own;
}

function addedLists(own: readonly unknown[], more: readonly unknown[], key: string): readonly unknown[] {
  const sameAs = (one: unknown) => (other: unknown) => nameOf(one) !== null && nameOf(one) === nameOf(other);
  return [
    ...own.map((each) => added(each, more.find(sameAs(each)), key)),
    ...more.filter((each) => !own.some(sameAs(each))),
  ];
}

function nameOf(value: unknown): string | null {
  return isRecord(value) && typeof value['name'] === 'string' ? value['name'] : null;
}
