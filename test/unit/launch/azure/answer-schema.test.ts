import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answered, groupSchema } from '../../../../src/launch/azure/api/answer-schema.ts';
import { NoAnswer } from '../../../../src/launch/azure/api/manager-error.ts';
import { stateOf, warningsIn } from '../../../../src/launch/azure/group.ts';

/** What is no group, whoever has answered it. */
const noGroups = [
  undefined,
  null,
  [],
  'a page',
  {},
  { properties: null },
  { properties: 'x' },
  { properties: { containers: {} } },
  { properties: { containers: [null] } },
  { properties: { containers: ['main'] } },
  { properties: { containers: [{ properties: {} }] } },
  { properties: { containers: [{ name: 'main', properties: 1 }] } },
  { properties: { containers: [{ name: 'main', properties: { instanceView: 'x' } }] } },
  { properties: { containers: [{ name: 'main', properties: { instanceView: { currentState: 'x' } } }] } },
  { properties: { containers: [{ name: 'main', properties: { instanceView: { restartCount: 'x' } } }] } },
  { properties: { initContainers: [7] } },
  { properties: { instanceView: 'x' } },
  { properties: { instanceView: { state: {} } } },
  { properties: { provisioningState: [] } },
];

const main = (properties: object) => ({ properties: { containers: [{ name: 'main', properties }] } });

test('a group whose states cannot be read is no answer', () => {
  for (const body of noGroups)
    assert.throws(() => answered(groupSchema, body, 'the group'), NoAnswer, JSON.stringify(body));
  assert.throws(
    () => answered(groupSchema, { properties: { containers: [null] } }, 'the group'),
    /^Error: it answered without the group \(properties\.containers is wrong\)$/,
  );
});

test('what is missing or null in a group is not known yet; what only explains may have any shape', () => {
  const groups = [
    {},
    { containers: null, initContainers: null, instanceView: null, provisioningState: null },
    { containers: [{ name: 'main' }, { name: 'x', properties: null }] },
    { instanceView: { state: null, events: {} } },
  ].map((properties) => ({ properties }));
  const views = [
    { instanceView: null },
    { instanceView: { restartCount: null, currentState: null, events: null } },
    { instanceView: { currentState: { state: null, exitCode: null } } },
    { resources: { requests: 7 }, instanceView: { events: [null, 7, { message: {} }] } },
  ].map(main);
  for (const body of [...groups, ...views]) {
    const group = answered(groupSchema, body, 'the group');
    assert.equal(stateOf(group).kind, 'created', JSON.stringify(body));
    assert.deepEqual(warningsIn(group), []);
  }
  const ended = main({ instanceView: { currentState: { state: 'Terminated', exitCode: 7 } } });
  assert.deepEqual(stateOf(answered(groupSchema, ended, 'the group')), {
    kind: 'ended',
    exitCode: 7,
    reason: null,
  });
});
