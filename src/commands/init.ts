import { Fault } from '../base/fault.ts';
import type { Edge } from '../settings/edge.ts';

export async function init(_edge: Edge, _words: readonly Buffer[]): Promise<number> {
  throw new Fault('usage', 'init: not there yet');
}
