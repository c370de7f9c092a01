import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TooLarge } from '../../../src/base/read-bounded.ts';
import type { Cluster } from '../../../src/launch/kubernetes/api/cluster.ts';
import { ObjectStore } from '../../../src/operator/object-store.ts';

interface Thing {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

test('what was made while a list was read is not gone because it is not in it', async () => {
  const told: string[] = [];
  const store = new ObjectStore<Thing>('/things', (thing, isGone) => {
    told.push(`${thing.metadata.name} ${isGone ? 'gone' : 'there'}`);
  });
  const asked = await follow(store, (path) => {
    if (!path.includes('continue')) return page([thing('a', 3)], 'next');
    store.put(thing('made', 11));
    return page([thing('b', 4)]);
  });
  assert.deepEqual(told, ['a there', 'b there']);
  assert.deepEqual(store.get({ name: 'made' })?.metadata.resourceVersion, '11');
  assert.equal(asked.length, 2);
});

test('what an older list does not have is gone, and what it has as it was stays as it is', async () => {
  const told: string[] = [];
  const store = new ObjectStore<Thing>('/things', (thing, isGone) => {
    if (isGone) told.push(thing.metadata.name);
  });
  store.put(thing('old', 5));
  store.put(thing('changed', 12));
  await follow(store, () => page([thing('changed', 6)]));
  assert.deepEqual(told, ['old']);
  assert.equal(store.get({ name: 'changed' })?.metadata.resourceVersion, '12');
});

test('pages that are too large are asked for in smaller ones, and none is read twice', async () => {
  const store = new ObjectStore<Thing>('/things', () => undefined);
  const asked = await follow(store, (path) => {
    if (!path.includes('continue')) return page([thing('a', 3)], 'next');
    const size = Number(/limit=(\d+)/.exec(path)?.[1]);
    if (size > 10) throw new TooLarge('');
    return page([thing('b', 4)]);
  });
  assert.deepEqual(
    [...store.all()].map(({ metadata }) => metadata.name),
    ['a', 'b'],
  );
  assert.equal(asked.filter((path) => !path.includes('continue')).length, 1);
});

/** Follows until the first list is there. @returns what was asked for */
async function follow(
  store: ObjectStore<Thing>,
  answer: (path: string) => object,
): Promise<readonly string[]> {
  const stop = new AbortController();
  const asked: string[] = [];
  const cluster = {
    send: async ({ path }: { readonly path: string }) => {
      asked.push(path);
      return answer(path);
    },
    open: () => Promise.reject(new Error('nothing is watched')),
  } as unknown as Cluster;
  const following = store.follow(cluster, stop.signal, () => stop.abort());
  await store.listed;
  await following;
  return asked;
}

function page(items: readonly Thing[], next?: string): object {
  return {
    kind: 'ThingList',
    items,
    metadata: { resourceVersion: '10', ...(next !== undefined && { continue: next }) },
  };
}

function thing(name: string, version: number): Thing {
  return { metadata: { name, uid: name, resourceVersion: String(version) } };
}
