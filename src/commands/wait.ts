import { Fault } from '../base/fault.ts';
import type { Edge } from '../settings/edge.ts';

export async function wait(_edge: Edge, _words: readonly Buffer[]): Promise<number> {
  throw new Fault('usage', 'wait: not there yet');
}
