import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Fault } from '../../../../src/base/fault.ts';
import { answered, groupSchema } from '../../../../src/launch/azure/api/answer-schema.ts';
import type { ContainerGroups } from '../../../../src/launch/azure/api/container-groups.ts';
import { NoAnswer } from '../../../../src/launch/azure/api/manager-error.ts';
import type { ContainerGroup, GroupEvent } from '../../../../src/launch/azure/group.ts';
import { startGroup } from '../../../../src/launch/azure/start-group.ts';
import type { EngineJob } from '../../../../src/launch/engine.ts';

type Event = Partial<GroupEvent>;
const failed: Event = {
  type: 'Warning',
  name: 'Failed',
  message: 'Failed to pull image "job:1": manifest unknown',
};
const pulled: Event = { type: 'Normal', name: 'Pulled', message: 'Successfully pulled image "job:1"' };
const pulling: Event = { type: 'Normal', name: 'Pulling', message: 'pulling image "emissary:1"' };

/** A group, with the events of its two containers. */
function groupOf(main: readonly Event[], reporter: readonly Event[], state: string): ContainerGroup {
  const container = (name: string, events: readonly Event[]) => ({
    name,
    properties: { instanceView: { currentState: { state }, events } },
  });
  const properties = {
    provisioningState: state === 'Running' ? 'Succeeded' : 'Pending',
    instanceView: { state: state === 'Running' ? 'Running' : 'Pending' },
    containers: [container('main', main), container('reporter', reporter)],
  };
  return answered(groupSchema, { name: 'job', properties }, 'the group');
}

/** Starts a group whose state depends on the time. @returns why it did not start; null: it did; and the seconds until then */
async function startWith(groupAt: (second: number) => ContainerGroup, before: () => void = () => undefined) {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let second = 0;
    let isMade = false;
    const groups = {
      location: 'westeurope',
      mayAppear: false,
      read: async () => (isMade ? groupAt(second) : null),
      put: async () => {
        before();
        isMade = true;
        return { status: 201, body: null, operation: null };
      },
    } as unknown as ContainerGroups;
    const job = { name: 'job', pull: 'missing' } as EngineJob;
    const of = {
      body: {},
      phase: () => undefined,
      unmade: () => undefined,
      signal: new AbortController().signal,
    };
    let end: { readonly reason: string | null } | null = null;
    void startGroup(groups, job, of).then(
      () => {
        end = { reason: null };
      },
      (error: Error) => {
        end = { reason: error.message };
      },
    );
    while (end === null && second < 1_000) {
      for (let turn = 0; turn < 10; turn += 1) await setImmediate();
      mock.timers.tick(1_000);
      second += 1;
    }
    return { ...(end as { readonly reason: string | null } | null), second };
  } finally {
    mock.timers.reset();
  }
}

test('an image that comes after a failed pull ends its grace: a second image may take minutes', async () => {
  const { reason, second } = await startWith((now) => {
    if (now < 20) return groupOf([failed], [], 'Waiting');
    if (now < 300) return groupOf([failed, pulled], [pulling], 'Waiting');
    return groupOf([failed, pulled], [pulling], 'Running');
  });
  assert.deepEqual([reason, second >= 300 && second < 320], [null, true], String(second));
});

test('an image that does not come within its grace fails the start', async () => {
  const { reason, second } = await startWith(() => groupOf([failed], [pulling], 'Waiting'));
  assert.match(String(reason), /^The image job:1 is not there, or needs a login: /);
  assert.ok(second >= 60 && second < 75, String(second));
});

test('an error of our own while the group is made ends the start at once; one of Azure is waited out', async () => {
  const runs = () => groupOf([], [], 'Running');
  const own = await startWith(runs, () => {
    throw new TypeError('ours');
  });
  assert.deepEqual([own.reason, own.second < 5], ['ours', true], String(own.second));
  const usage = await startWith(runs, () => {
    throw new Fault('usage', 'a file is gone');
  });
  assert.deepEqual([usage.reason, usage.second < 5], ['a file is gone', true], String(usage.second));
  let tries = 0;
  const azure = await startWith(runs, () => {
    tries += 1;
    if (tries === 1) throw new NoAnswer('it was cut off');
  });
  assert.deepEqual([azure.reason, tries], [null, 2]);
});
