import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  nextStep,
  type StopAction,
  type StopEvent,
  type StopState,
} from '../../../../src/run/stop/stop-machine.ts';

const states: readonly StopState[] = ['waiting', 'running', 'stopping', 'killing', 'over'];
const events: readonly StopEvent[] = ['started', 'stop', 'kill', 'forward', 'graceElapsed', 'ended'];

/** The expected cells: next state and action; a missing cell changes nothing and does nothing. */
const expected: Readonly<Record<string, readonly [StopState, StopAction]>> = {
  'waiting started': ['running', 'none'],
  'waiting stop': ['over', 'cancel'],
  'waiting kill': ['over', 'cancel'],
  'running stop': ['stopping', 'stop'],
  'running kill': ['killing', 'kill'],
  'running forward': ['running', 'forward'],
  'running ended': ['waiting', 'none'],
  'stopping stop': ['stopping', 'stop'],
  'stopping kill': ['killing', 'kill'],
  'stopping forward': ['stopping', 'forward'],
  'stopping graceElapsed': ['killing', 'kill'],
  'stopping ended': ['over', 'none'],
  'killing kill': ['killing', 'kill'],
  'killing ended': ['over', 'none'],
  'over stop': ['over', 'cancel'],
  'over kill': ['over', 'cancel'],
};

for (const state of states) {
  for (const event of events) {
    const [next, action] = expected[`${state} ${event}`] ?? [state, 'none'];
    test(`the stop machine: ${event} while ${state} gives ${next}, ${action}`, () => {
      assert.deepEqual(nextStep(state, event), { state: next, action });
    });
  }
}

test('the stop machine never kills or stops without a request', () => {
  const asks = new Set<StopEvent>(['stop', 'kill', 'graceElapsed']);
  for (const state of states) {
    for (const event of events.filter((candidate) => !asks.has(candidate))) {
      assert.ok(['none', 'forward'].includes(nextStep(state, event).action), `${state} ${event}`);
    }
  }
});

test('the stop machine never returns to waiting or running after a stop', () => {
  const asked = new Set<StopState>(['stopping', 'killing', 'over']);
  for (const state of asked) {
    for (const event of events) assert.ok(asked.has(nextStep(state, event).state), `${state} ${event}`);
  }
});
